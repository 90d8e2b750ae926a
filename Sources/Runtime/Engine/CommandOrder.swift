import Jobs

/// What a backend is to execute: one attempt of one job that is a command.
struct CommandOrder: Sendable {
  /// How the program is named.
  enum Work: Sendable, Hashable {
    /// A line for `/bin/sh -c`.
    case shell(String)
    /// A program, by its path or by a name to be looked for in `PATH`, and its arguments. No shell sees them.
    case arguments([String])

    /// What says what would run, and runs nothing else.
    var toldOnly: Work {
      let text =
        switch self {
        case .shell(let line): line
        case .arguments(let words): words.joined(separator: " ")
        }
      return .arguments(["printf", "%s\\n", "dry run, not executed: \(text)"])
    }
  }

  /// The job, the run and the number of the attempt, from 1: with `part` the execution's name.
  let job: JobID
  let run: RunID
  let attempt: Int
  /// What it is for the attempt.
  var part = AttemptControl.Part()
  /// What runs.
  let work: Work
  /// The folder that it runs in; nil is that of this process.
  var workingDirectory: String?
  /// All of its environment, as `NAME=VALUE` with a zero byte behind each.
  var environment: [[UInt8]]
  /// What it may read from standard input; nil is `/dev/null`.
  let input: [UInt8]?
  /// Where what it writes to standard output and standard error goes.
  let output: OutputFile
  /// How long it may take, on a clock that stands still while the machine sleeps.
  let timeLimit: Duration?
  /// How much it may take.
  var limits = JobLimits()
  /// Whether it gets a terminal of its own as standard input, output and error.
  var hasTerminal = false
  /// What it may touch; nil for everything that we may.
  var sandbox: SandboxPolicy?
  /// Our own state folder, which no sandbox lets anybody write.
  var stateDirectory: String?
  /// Where in the output file the attempt begins.
  var outputStart = 0
}

/// Why an execution was made to end, when it did not end by itself.
enum StopCause: Sendable, Hashable {
  /// Somebody asked.
  case request
  /// Somebody asked for the end of its first process, and of no other.
  case requestToLeader
  /// Its time limit was reached.
  case timeLimit
  /// It showed no sign of life for this long.
  case idle(Duration)
  /// It wrote more than this many bytes of output.
  case output(Int)
  /// Its processes took more than this many bytes of memory.
  case memory(Int)
  /// Its processes took this much CPU time.
  case cpu(Duration)
  /// So few bytes are free on the disk, and it wrote most.
  case diskSpace(free: Int)

  /// Whether there is no time for a polite end: what is running out is everybody's.
  var isUrgent: Bool {
    switch self {
    case .output, .memory, .diskSpace: true
    case .request, .requestToLeader, .timeLimit, .idle, .cpu: false
    }
  }
}

/// The process that leads an execution.
struct StartedProcess: Sendable, Hashable {
  let pid: Int
  /// When it started, as `ProcessIdentity.started` has it; nil if it had ended before it could be asked.
  let startTime: UInt64?
}

/// How an execution ended.
struct CommandReport: Sendable, Hashable {
  /// What the process itself came to.
  enum End: Sendable, Hashable {
    /// It called `exit`, or returned.
    case exited(code: Int)
    /// A signal ended it.
    case signalled(Int)
    /// There never was a process, for the reason given in one sentence.
    case notStarted(String)
    /// There never was a process, because the execution was stopped before.
    case withdrawn
    /// It is still there, a good while after it was killed: the kernel does not let it end.
    case stuck
  }

  /// How it ended.
  var end: End
  /// What made it end, unless it ended by itself.
  var stop: StopCause?
  /// Its process.
  var process: StartedProcess?
  /// How many processes outlived it, and were ended after it.
  var leaked = 0
}

/// Where an execution stands.
enum ExecutionStatus: Sendable, Hashable {
  case submitted
  case running(StartedProcess)
  case ended(CommandReport)
}
