internal import CProcess

/// How much one attempt of a job may take. Nil is no limit.
struct JobLimits: Sendable, Hashable {
  /// Memory of all its processes together, in bytes.
  var memory: Int?
  /// CPU time of all its processes together.
  var cpu: Duration?
  /// Open files of each of its processes.
  var openFiles: Int?
  /// Processes. Where the job has no group of its own the kernel counts all of the user's, and root's not at all.
  var processes: Int?
  /// What it may write to its output file, in bytes.
  var output: Int? = JobLimits.usualOutput
  /// How long it may show no sign of life: no output, no progress, no use of the CPU or of a disk.
  var idle: Duration?

  /// An output without a limit has filled people's disks.
  static let usualOutput = 1 << 30

  /// What the kernel is told at the start. It counts each process by itself: so memory and CPU time are measured beside, and
  /// these are the walls behind the line for a process that is faster than we look. The wall of
  /// memory counts what is mapped, and stands a good way behind: a program that runs into it says so in its own words only.
  var resources: [cprocess_limit] {
    var limits: [cprocess_limit] = []
    func add(_ resource: cprocess_resource, _ value: Int) {
      limits.append(cprocess_limit(resource: resource, value: UInt64(value)))
    }
    if let memory { add(CPROCESS_DATA, memory + max(memory, 1 << 30)) }
    if let cpu { add(CPROCESS_CPU_SECONDS, Int(cpu.components.seconds) + 2) }
    if let openFiles { add(CPROCESS_OPEN_FILES, openFiles) }
    if let processes { add(CPROCESS_PROCESSES, processes) }
    return limits
  }

  /// Whether its processes must be looked at to know.
  var concernsProcesses: Bool { memory != nil || cpu != nil || idle != nil }
}

/// What an execution has taken at one moment.
struct UsageSample: Sendable, Hashable {
  /// Bytes in its output file since the attempt began.
  var output = 0
  /// Bytes of memory of its processes; nil if nobody looked.
  var memory: Int?
  /// CPU time that its processes have taken so far.
  var cpu: Duration?
  /// Changes with everything that its processes read and write.
  var transferred: UInt64?
}
