/// What the program's exit code says.
enum ExitStatus: Int32, Sendable {
  case ok = 0
  /// A script raised or returned failure, a job that was waited for failed, or what was asked for is not there.
  case failed = 1
  /// The command line cannot be followed, a script's file that cannot be opened included.
  case usage = 2
  /// A limit of time was met.
  case timedOut = 124
  case interrupted = 130
  /// The reader of standard output went away.
  case brokenPipe = 141
}
