export const EXIT = {
  ok: 0,
  /** A check failed: a mismatch, a latch, a test. */
  checkFailed: 1,
  /** The user's design, files or command line. */
  userInput: 2,
  /** A tool is missing or broken. */
  tool: 3,
  /** A fault of Vitrum itself (EX_SOFTWARE of sysexits.h). */
  internal: 70,
} as const;
