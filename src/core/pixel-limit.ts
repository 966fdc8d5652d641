/**
 * Pixels of a picture that is decoded at all: it takes four bytes for each of them, whatever the size of its file. A
 * camera makes 60 million.
 */
export const MOST_PIXELS = 100_000_000;
