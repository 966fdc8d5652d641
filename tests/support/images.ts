import type { HttpRequest } from "../../src/http/client.ts";
import { memorySource } from "../../src/http/source.ts";
import type {
  ImageLimits,
  ImageProtocol,
  ImageRequest,
  ImageRoute,
  InputImage,
} from "../../src/protocols/image-wire.ts";
import { IMAGE_PROVIDERS, IMAGE_SERVICES } from "../../src/providers/images.ts";
import { PROVIDERS } from "../../src/providers/table.ts";

export const PNG: InputImage = {
  source: memorySource("png bytes"),
  mimeType: "image/png",
  filename: "picture.png",
};
export const JPEG: InputImage = {
  source: memorySource("jpeg bytes"),
  mimeType: "image/jpeg",
  filename: "picture.jpg",
};
/** `png bytes` and `jpeg bytes` in base64. */
export const PNG_BASE64 = "cG5nIGJ5dGVz";
export const JPEG_BASE64 = "anBlZyBieXRlcw==";

export function asked(request: Partial<ImageRequest> = {}): ImageRequest {
  return { prompt: "A cat", inputs: [], count: 1, hints: {}, ...request };
}

/** The route of a provider as the engine makes it. */
export function imageRouteTo(id: string, route: Partial<ImageRoute> = {}): ImageRoute {
  const provider = [...PROVIDERS, ...IMAGE_PROVIDERS].find((row) => row.id === id);
  const service = IMAGE_SERVICES[id] ?? provider?.image;
  if (!service || !provider) throw new Error(`no pictures through ${id}`);
  const model = route.model ?? service.defaultModel ?? "";
  const special: Partial<ImageLimits> = service.modelLimits?.find((one) => one.model.test(model))?.limits ?? {};
  return {
    model,
    baseUrl: service.baseUrl ?? provider.baseUrl,
    limits: { ...service.limits, ...special },
    ...(service.quirks && { quirks: service.quirks }),
    params: {},
    ...route,
  };
}

/** What is sent, with a JSON body as what it says. */
export async function sent(protocol: ImageProtocol, request: Partial<ImageRequest>, route: ImageRoute) {
  const { model, request: http, ...built } = builtBy(protocol, request, route);
  return { ...built, ...(model && { model }), ...http, body: JSON.parse(await bodyText(http)) as unknown };
}

/** As the capability builds it; `model` where it is another than the route's. */
export function builtBy(protocol: ImageProtocol, request: Partial<ImageRequest>, route: ImageRoute) {
  const other = protocol.reroute?.(request.hints ?? {}, route);
  return { ...protocol.build(asked(request), other ?? route, []), model: other?.model };
}

export async function bodyText({ body = "" }: HttpRequest): Promise<string> {
  if (typeof body === "string") return body;
  const chunks: Uint8Array[] = [];
  for await (const chunk of body.open()) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString("latin1");
  if (body.size !== text.length) throw new Error(`the size is ${text.length}, and not ${body.size}`);
  return text;
}

/** The parts of a form, in order. */
export async function formParts(http: HttpRequest) {
  const [, boundary = ""] = /boundary=(.+)$/.exec(http.headers["content-type"] ?? "") ?? [];
  const pieces = (await bodyText(http)).split(`--${boundary}`).slice(1, -1);
  return pieces.map((piece) => {
    const [head = "", ...rest] = piece.slice(2, -2).split("\r\n\r\n");
    const value = rest.join("\r\n\r\n");
    const [, name = ""] = /; name="([^"]*)"/.exec(head) ?? [];
    const [, filename] = /; filename="([^"]*)"/.exec(head) ?? [];
    const [, mimeType] = /^Content-Type: (.+)$/m.exec(head) ?? [];
    return { name, value, ...(filename !== undefined && { filename, mimeType: mimeType?.trim() }) };
  });
}
