import Jobs
import Runtime

/// What the machine's facts mean for jobs. Pure.
enum MachineChecks {
  /// Fewer descriptors than this: only a handful of jobs can run at a time.
  private static let fewFiles: UInt64 = 256
  /// With fewer, not even one can.
  private static let tooFewFiles: UInt64 = 32
  private static let fewProcesses: UInt64 = 128

  /// All of them.
  static func all(_ facts: MachineFacts, _ containment: ContainmentSurvey) -> [DoctorCheck] {
    [
      .ok("version", "agentscript \(ProgramVersion.text), \(facts.lua), \(facts.system)"),
      facts.hasShell
        ? .ok("shell", "/bin/sh can be run")
        : .problem("shell", "/bin/sh cannot be run, and commands need it", fix: "install a POSIX shell as /bin/sh"),
      self.containment(containment), sandbox(facts), processDescriptors(facts), namespaces(facts), openFiles(facts),
      processes(facts),
      coreFile(facts),
    ]
  }

  private static func containment(_ survey: ContainmentSurvey) -> DoctorCheck {
    switch survey.choice {
    case .cgroup:
      return .ok("containment", "control groups, and a guardian process: \(survey.reason)")
    case .subreaper:
      return .warning(
        "containment",
        "a guardian process adopts what jobs leave behind, and marks in the environment tell whose it is; \(survey.reason)",
        fix: "a job that keeps forking can stay ahead of the search; 'systemd-run --user --scope -p Delegate=yes "
          + "agentscript …' gives control groups, and a sandbox holds its job too")
    case .sessions:
      return .warning(
        "containment", "sessions alone: \(survey.reason)",
        fix: "a process that makes a session of its own outlives its job; run such jobs on Linux")
    }
  }

  private static func sandbox(_ facts: MachineFacts) -> DoctorCheck {
    facts.sandbox.works
      ? .ok("sandbox", facts.sandbox.finding)
      : .warning(
        "sandbox", "none, so jobs that ask for one are refused: \(facts.sandbox.finding)", fix: facts.sandbox.remedy)
  }

  private static func processDescriptors(_ facts: MachineFacts) -> DoctorCheck {
    facts.hasProcessDescriptors
      ? .ok("pidfd", "processes are held by descriptors, so that none is mistaken for another")
      : .warning(
        "pidfd", "this kernel has no process descriptors; ends are looked for, and signals go by number",
        fix: "use Linux 5.4 or newer")
  }

  private static func namespaces(_ facts: MachineFacts) -> DoctorCheck {
    facts.userNamespaceError == 0
      ? .ok("namespaces", "this user may make user and PID namespaces")
      : .note("namespaces", "no user namespaces for this user (\(SystemText.of(facts.userNamespaceError)))")
  }

  private static func openFiles(_ facts: MachineFacts) -> DoctorCheck {
    let limit = facts.openFiles
    guard let soft = limit.soft, soft < fewFiles else {
      return .ok(
        "open files", "up to \(number(limit.soft))\(limit.hard == limit.soft ? "" : ", at most \(number(limit.hard))")")
    }
    let mayRaise = limit.hard.map { $0 >= fewFiles } ?? true
    let fix =
      mayRaise
      ? "ulimit -n \(min(limit.hard ?? 4096, 4096))" : "have the hard limit raised: as root, ulimit -n 4096"
    let finding = "only \(soft) at a time, and each job needs several"
    return soft < tooFewFiles
      ? .problem("open files", finding, fix: fix) : .warning("open files", finding, fix: fix)
  }

  private static func processes(_ facts: MachineFacts) -> DoctorCheck {
    guard let soft = facts.processes.soft, soft < fewProcesses else {
      return .ok("processes", "up to \(number(facts.processes.soft)) of this user")
    }
    return .warning(
      "processes", "only \(soft) of this user at a time",
      fix: "ulimit -u \(min(facts.processes.hard ?? 4096, 4096))")
  }

  private static func coreFile(_ facts: MachineFacts) -> DoctorCheck {
    facts.coreFile.soft == 0
      ? .ok("core files", "off: a crash writes no memory to disk")
      : .warning(
        "core files", "on for jobs: one that crashes leaves its memory, secrets included, on disk", fix: "ulimit -c 0")
  }

  private static func number(_ limit: UInt64?) -> String { limit.map(String.init) ?? "any number" }
}
