#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// How busy the machine is: shares from 0 to 1.
struct MachineLoad: Sendable, Hashable {
  /// The part of all cores' time that was spent on work.
  var cpu = 0.0
  /// The part of the memory that is not to be had.
  var memory = 0.0
  /// The part of the time in which somebody waited for a core, or for the disk; nil where the kernel does not tell.
  var waitingForCPU: Double?
  var waitingForDisk: Double?
}

/// Above which load no other task is started. What is nil does not count.
struct LoadThresholds: Sendable, Hashable {
  /// What holds for `max_concurrency = "auto"` if nothing is said.
  static let usual = LoadThresholds(cpu: 0.8, memory: 0.9)

  var cpu: Double?
  var memory: Double?

  /// Whether neither is set.
  var isEmpty: Bool { cpu == nil && memory == nil }

  /// Whether the load is at or below both.
  func allow(_ load: MachineLoad) -> Bool {
    load.cpu <= cpu ?? .infinity && load.memory <= memory ?? .infinity
  }
}

/// Measures the machine's load between one look and the next.
struct MachineLoadMeter: Sendable {
  /// The ticks of all cores since the machine's start.
  struct Ticks: Sendable, Hashable {
    var busy = 0
    var all = 0
  }

  private var last: Ticks?

  /// The load since the last look; at the first, the processor's share is that of the last minute.
  mutating func look() -> MachineLoad {
    var load = MachineLoad()
    load.memory = KernelFile.text("/proc/meminfo").flatMap(MachineLoadMeter.memory) ?? 0
    load.waitingForCPU = KernelFile.text("/proc/pressure/cpu").flatMap(MachineLoadMeter.pressure)
    load.waitingForDisk = KernelFile.text("/proc/pressure/io").flatMap(MachineLoadMeter.pressure)
    let ticks = KernelFile.text("/proc/stat").flatMap(MachineLoadMeter.ticks)
    load.cpu = share(since: last, to: ticks) ?? MachineLoadMeter.averageShare()
    last = ticks ?? last
    return load
  }

  private func share(since last: Ticks?, to ticks: Ticks?) -> Double? {
    guard let last, let ticks, ticks.all > last.all else { return nil }
    return min(max(Double(ticks.busy - last.busy) / Double(ticks.all - last.all), 0), 1)
  }

  private static func averageShare() -> Double {
    var average = 0.0
    return getloadavg(&average, 1) == 1 ? min(1, average / Double(cores)) : 0
  }

  /// How many cores there are, at least 1.
  static var cores: Int { max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }

  // MARK: Reading

  /// Of the text of /proc/stat.
  static func ticks(_ text: String) -> Ticks? {
    guard let line = text.split(separator: "\n").first, line.hasPrefix("cpu ") else { return nil }
    // user nice system idle iowait irq softirq steal; what guests got is in user already.
    let numbers = line.split(separator: " ").dropFirst().prefix(8).compactMap { Int($0) }
    guard numbers.count >= 4 else { return nil }
    let all = numbers.reduce(0, +)
    let idle = numbers[3] + (numbers.count > 4 ? numbers[4] : 0)
    return Ticks(busy: all - idle, all: all)
  }

  /// Of the text of /proc/meminfo.
  static func memory(_ text: String) -> Double? {
    let memory = MachineMemory(text)
    guard let total = memory.total, let available = memory.available, total > 0 else { return nil }
    return 1 - Double(available) / Double(total)
  }

  /// Of the text of a file in /proc/pressure: the share of the last ten seconds.
  static func pressure(_ text: String) -> Double? {
    guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("some ") }),
      let field = line.split(separator: " ").first(where: { $0.hasPrefix("avg10=") }),
      let percent = Double(field.dropFirst("avg10=".count))
    else { return nil }
    return percent / 100
  }
}
