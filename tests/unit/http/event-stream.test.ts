import { describe, expect, test } from "bun:test";
import { type Frame, readFrames } from "../../../src/http/frames.ts";
import { awsMessage } from "../../hazards/wires.ts";
import { rejection } from "../../support/failure.ts";

async function* body(parts: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* parts;
}

function frames(...parts: Uint8Array[]): Promise<Frame[]> {
  return Array.fromAsync(readFrames(body(parts), "aws-event-stream"));
}

const HEADERS = { ":event-type": "contentBlockDelta", ":message-type": "event" };
const event = (payload: string): Buffer => awsMessage(HEADERS, payload);
const frame = (data: string): Frame => ({ event: "contentBlockDelta", data });

/** The test vectors of AWS's codecs: https://github.com/smithy-lang/smithy-typescript, eventstream-codec. */
const SOUND = {
  all_headers:
    "000000cc000000af0fae64ca0a6576656e742d74797065040000a00c0c636f6e74656e742d747970650700106170706c69636174696f6e2f6a736f6e0a626f6f6c2066616c73650109626f6f6c207472756500046279746502cf08627974652062756606001449276d2061206c6974746c6520746561706f74210974696d657374616d70080000000000845fed05696e74313603002a05696e7436340500000000028757b20475756964090102030405060708090a0b0c0d0e0f107b27666f6f273a27626172277daba5f10c",
  int32_header: "0000002d0000001041c424b80a6576656e742d74797065040000a00c7b27666f6f273a27626172277d36f480a0",
  payload_no_headers: "0000001d00000000fd528c5a7b27666f6f273a27626172277dc3653936",
  payload_one_str_header:
    "0000003d0000002007fd83960c636f6e74656e742d747970650700106170706c69636174696f6e2f6a736f6e7b27666f6f273a27626172277d8d9c08b1",
};
const CORRUPTED = {
  corrupted_headers:
    "0000003d0000002007fd83960c636f6e74656e742d747970650700106170706c69636174696f6e2f6a736f6e7b61666f6f273a27626172277d8d9c08b1",
  corrupted_header_len:
    "0000003d0000002107fd83960c636f6e74656e742d747970650700106170706c69636174696f6e2f6a736f6e7b27666f6f273a27626172277d8d9c08b1",
  corrupted_length:
    "0000003e0000002007fd83960c636f6e74656e742d747970650700106170706c69636174696f6e2f6a736f6e7b27666f6f273a27626172277d8d9c08b1",
  corrupted_payload: "0000001d00000000fd528c5a5b27666f6f273a27626172277dc3653936",
};

describe("AWS's own test vectors", () => {
  test.each(Object.entries(SOUND))("%s", async (_name, hex) => {
    expect(await frames(Buffer.from(hex, "hex"))).toEqual([{ event: undefined, data: "{'foo':'bar'}" }]);
  });

  test("empty_message", async () => {
    expect(await frames(Buffer.from("000000100000000005c248eb7d98c8ff", "hex"))).toEqual([
      { event: undefined, data: "" },
    ]);
  });

  test.each(Object.entries(CORRUPTED))("%s", async (_name, hex) => {
    expect(await rejection(frames(Buffer.from(hex, "hex")))).toMatchObject({ type: "provider_error" });
  });
});

describe("messages", () => {
  test("cut at every byte, and byte by byte", async () => {
    const bytes = Buffer.concat([event('{"a":"é€😀日本"}'), event(""), event("b")]);
    const expected = [frame('{"a":"é€😀日本"}'), frame(""), frame("b")];
    for (let at = 0; at <= bytes.length; at++) {
      expect(await frames(bytes.subarray(0, at), bytes.subarray(at))).toEqual(expected);
    }
    expect(await frames(...Array.from(bytes, (byte) => Uint8Array.of(byte)))).toEqual(expected);
  });

  test("many in one chunk, and one in many", async () => {
    const texts = Array.from({ length: 20_000 }, (_, at) => `{"at":${at}}`);
    const all = await frames(Buffer.concat(texts.map(event)));
    expect(all.map(({ data }) => data)).toEqual(texts);
    const long = "x".repeat(4_000_000);
    const bytes = event(long);
    const parts = Array.from({ length: Math.ceil(bytes.length / 1000) }, (_, at) =>
      bytes.subarray(at * 1000, (at + 1) * 1000),
    );
    expect(await frames(...parts)).toEqual([frame(long)]);
  });

  test("one is there before the next chunk is asked for", async () => {
    let asked = 0;
    async function* slow(): AsyncGenerator<Uint8Array> {
      for (const text of ["a", "b"]) {
        asked++;
        yield event(text);
      }
    }
    const stream = readFrames(slow(), "aws-event-stream");
    expect((await stream.next()).value?.data).toBe("a");
    expect(asked).toBe(1);
    await stream.return(undefined);
  });

  test("an exception and an error say so, by name", async () => {
    const exception = awsMessage(
      { ":message-type": "exception", ":exception-type": "throttlingException" },
      '{"message":"slow"}',
    );
    const error = awsMessage(
      { ":message-type": "error", ":error-code": "InternalFailure", ":error-message": 'a "bug"' },
      "",
    );
    expect(await frames(exception, error)).toEqual([
      { event: "throttlingException", data: '{"message":"slow"}', failed: true },
      { event: "InternalFailure", data: '{"message":"a \\"bug\\""}', failed: true },
    ]);
  });

  test("the last one, when the stream ends inside it, is marked as cut short", async () => {
    const bytes = Buffer.concat([event("a"), event("b")]);
    for (const missing of [1, 4, 20, event("b").length - 1]) {
      expect(await frames(bytes.subarray(0, bytes.length - missing))).toEqual([
        frame("a"),
        { data: "", unterminated: true },
      ]);
    }
    expect(await frames(event("a"))).toEqual([frame("a")]);
  });
});

describe("what is no message", () => {
  const withPrelude = (total: number, headers: number): Buffer => {
    const bytes = Buffer.alloc(16);
    bytes.writeUInt32BE(total, 0);
    bytes.writeUInt32BE(headers, 4);
    bytes.writeUInt32BE(Bun.hash.crc32(bytes.subarray(0, 8)), 8);
    return bytes;
  };

  test("another kind of body", async () => {
    const error = await rejection(frames(Buffer.from("data: {}\n\ndata: {}\n\n")));
    expect(error).toMatchObject({ type: "provider_error", retryable: false });
    expect(error.message).toBe("The answer cannot be understood: it is no AWS event stream.");
    expect(error.details.hint).toContain("baseUrl");
  });

  test("a length that would fill the memory is refused before anything is waited for", async () => {
    const error = await rejection(frames(withPrelude(2 ** 31, 0)));
    expect(error.message).toContain("more than");
  });

  test.each([
    ["shorter than a message can be", 12, 0],
    ["shorter than its headers", 20, 10],
  ])("a length that is %s", async (_name, total, headers) => {
    const error = await rejection(frames(withPrelude(total, headers)));
    expect(error).toMatchObject({ type: "provider_error", message: expect.stringContaining("damaged") });
  });

  test.each([
    ["a type that there is not", Buffer.of(1, 97, 10)],
    ["a value that goes on after the headers", Buffer.of(1, 97, 7, 0, 9, 98)],
    ["a name that goes on after the headers", Buffer.of(9, 97)],
  ])("headers with %s", async (_name, headers) => {
    const start = Buffer.concat([withPrelude(16 + headers.length, headers.length).subarray(0, 12), headers]);
    const checksum = Buffer.alloc(4);
    checksum.writeUInt32BE(Bun.hash.crc32(start));
    const error = await rejection(frames(Buffer.concat([start, checksum])));
    expect(error.message).toBe("The stream is damaged: the headers of a message cannot be read.");
  });

  test("headers that are cut short, wherever", async () => {
    const whole = Buffer.concat([Buffer.of(4), Buffer.from("name"), Buffer.of(7, 0, 5), Buffer.from("value")]);
    const withHeaders = (headers: Buffer): Buffer => {
      const start = Buffer.concat([withPrelude(16 + headers.length, headers.length).subarray(0, 12), headers]);
      const checksum = Buffer.alloc(4);
      checksum.writeUInt32BE(Bun.hash.crc32(start));
      return Buffer.concat([start, checksum]);
    };
    expect(await frames(withHeaders(whole))).toHaveLength(1);
    for (let length = 1; length < whole.length; length++) {
      expect(await rejection(frames(withHeaders(whole.subarray(0, length))))).toMatchObject({
        type: "provider_error",
        message: "The stream is damaged: the headers of a message cannot be read.",
      });
    }
  });

  test("the limit of a length is the format's own", async () => {
    expect((await rejection(frames(withPrelude(2 ** 24, 0)))).message).toContain("more than 16777215 bytes");
    expect(await frames(withPrelude(2 ** 24 - 1, 0))).toEqual([{ data: "", unterminated: true }]);
  });

  test("one bit that is wrong, wherever it is", async () => {
    const bytes = event('{"a":1}');
    for (let at = 0; at < bytes.length; at++) {
      const wrong = Buffer.from(bytes);
      wrong[at] = (wrong[at] ?? 0) ^ 1;
      expect(await rejection(frames(wrong))).toMatchObject({ type: "provider_error" });
    }
  });
});
