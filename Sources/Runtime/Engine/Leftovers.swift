import Jobs

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The processes that outlive the leader of an execution.
///
/// They are known by the leader's session, or by the job's marks in the environment that they were started with; a process
/// that has left the session *and* cleaned its environment is not found. Looking means reading all of `/proc`, so it is
/// done only where something tells that there may be any. On a system without `/proc`, only the leader's group is seen.
struct Leftovers: Sendable {
  private let leader: pid_t
  /// Where the execution had one: then what is in it is all there is.
  private let group: ControlGroup?
  private let output: OutputFile
  private let marks: [[UInt8]]
  /// Processes of the leader's session that started later may be strangers, if its number has come round.
  private let newest: UInt64
  private var seen: Set<FoundProcess> = []

  /// For a leader that has just been reaped.
  init(of order: CommandOrder, leader: Int, group: ControlGroup?) {
    self.leader = pid_t(leader)
    self.group = group
    output = order.output
    marks = JobEnvironment.marks(of: order)
    newest = ProcFiles.ticksNow()
  }

  /// How many different processes `signal` has found so far.
  var count: Int { seen.count }

  /// Whether there are none. Cheap as long as nothing tells of any.
  var areGone: Bool { (!mayExist && !seen.contains { ProcFiles.isAlive($0) }) || found().isEmpty }

  /// Sends signals to every process that is found, and returns how many there were.
  mutating func signal(_ signals: Int32...) -> Int {
    let found = found()
    seen.formUnion(found)
    if let group, signals.contains(SIGKILL) {
      group.kill()
      return found.count
    }
    for process in found { process.signal(signals) }
    return found.count
  }

  /// A sign that there may be some: the output is still open somewhere, or the leader's group still has members, which may
  /// have ended themselves and wait to be reaped.
  var mayExist: Bool { group?.isPopulated ?? (ChildDescriptors.isHeld(output) || kill(-leader, 0) == 0) }

  private func found() -> [FoundProcess] {
    #if os(Linux)
      if let group {
        return group.processes.compactMap { pid in
          ProcFiles.status(of: pid).map { FoundProcess(pid: pid, startTime: $0.startTime) }
        }
      }
      return ProcFiles.processes().compactMap(leftover)
    #else
      return kill(-leader, 0) == 0 ? [FoundProcess(pid: leader, startTime: 0)] : []
    #endif
  }

  private func leftover(_ pid: pid_t) -> FoundProcess? {
    guard pid != getpid(), let status = ProcFiles.status(of: pid), !status.hasEnded else { return nil }
    let isOfSession = status.session == leader && status.startTime <= newest
    guard isOfSession || ProcFiles.environment(of: pid, holdsAll: marks) else { return nil }
    return FoundProcess(pid: pid, startTime: status.startTime)
  }
}

/// What `/proc` says of processes.
enum ProcFiles {
  struct Status {
    let hasEnded: Bool
    let session: pid_t
    /// Clock ticks since the machine started.
    let startTime: UInt64
  }

  /// The numbers of all processes.
  static func processes() -> [pid_t] { numbers(in: "/proc") }

  private static func numbers(in path: String) -> [pid_t] {
    guard let folder = opendir(path) else { return [] }
    defer { closedir(folder) }
    var result: [pid_t] = []
    while let entry = readdir(folder) {
      var number: pid_t = 0
      let isNumber = withUnsafeBytes(of: entry.pointee.d_name) { name in
        for byte in name {
          guard byte != 0 else { break }
          guard (0x30...0x39).contains(byte) else { return false }
          number = number &* 10 &+ pid_t(byte - 0x30)
        }
        return number > 0
      }
      if isNumber { result.append(number) }
    }
    return result
  }

  /// One process; nil if there is none of that number.
  static func status(of pid: pid_t) -> Status? {
    guard let fields = fields(of: pid) else { return nil }
    // A process that goes on without its first thread has a zombie's state.
    let hasEnded = fields.state == UInt8(ascii: "X") || (fields.state == UInt8(ascii: "Z") && fields.number(17) <= 1)
    return Status(
      hasEnded: hasEnded, session: pid_t(truncatingIfNeeded: fields.number(3)), startTime: fields.number(19))
  }

  /// The fields of `/proc/PID/stat` behind the program's name: 0 is the state, 1 the parent (proc(5) counts from 1, so its
  /// field n is n - 3 here).
  struct Fields {
    fileprivate let text: [UInt8]
    fileprivate let ranges: [Range<Int>]

    var state: UInt8 { text[ranges[0].lowerBound] }

    /// A field that is a number; 0 for a negative one.
    func number(_ index: Int) -> UInt64 {
      var value: UInt64 = 0
      for byte in text[ranges[index]] {
        guard (0x30...0x39).contains(byte) else { return 0 }
        value = value &* 10 &+ UInt64(byte - 0x30)
      }
      return value
    }
  }

  /// One process; nil if there is none of that number.
  static func fields(of pid: pid_t) -> Fields? {
    guard let text = contents(of: "/proc/\(pid)/stat", limit: 4096) else { return nil }
    // The program's name, in parentheses, may hold spaces and parentheses of its own.
    guard let close = text.lastIndex(of: UInt8(ascii: ")")) else { return nil }
    var ranges: [Range<Int>] = []
    var start = close + 1
    for index in (close + 1)...text.count where index == text.count || text[index] == 0x20 || text[index] == 0x0A {
      if index > start { ranges.append(start..<index) }
      start = index + 1
    }
    return ranges.count > 21 ? Fields(text: text, ranges: ranges) : nil
  }

  /// The memory that a process takes now; 0 for none of that number.
  static func residentBytes(of pid: pid_t) -> Int {
    guard let text = contents(of: "/proc/\(pid)/statm", limit: 256) else { return 0 }
    let fields = text.split(separator: 0x20)
    guard fields.count > 1, let pages = Int(String(decoding: fields[1], as: UTF8.self)) else { return 0 }
    return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
  }

  /// How many bytes a process has read and written so far; 0 for one of another user.
  static func transferred(by pid: pid_t) -> UInt64 {
    guard let text = contents(of: "/proc/\(pid)/io", limit: 4096) else { return 0 }
    return text.split(separator: 0x0A).prefix(2).reduce(0) { sum, line in
      sum &+ (UInt64(String(decoding: line.drop { !(0x30...0x39).contains($0) }, as: UTF8.self)) ?? 0)
    }
  }

  /// Whether the environment that a process was started with holds all of some entries. False for a process of another
  /// user.
  static func environment(of pid: pid_t, holdsAll marks: [[UInt8]]) -> Bool {
    var text = contents(of: "/proc/\(pid)/environ", limit: 1 << 20) ?? []
    if text.isEmpty, let thread = otherThread(of: pid) {
      text = contents(of: "/proc/\(pid)/task/\(thread)/environ", limit: 1 << 20) ?? []
    }
    let entries = text.split(separator: 0)
    return marks.allSatisfy { mark in entries.contains { $0.elementsEqual(mark) } }
  }

  /// A thread of a process that goes on without its first one, through which alone its environment is seen.
  private static func otherThread(of pid: pid_t) -> pid_t? {
    guard let fields = fields(of: pid), fields.number(17) > 1 else { return nil }
    return numbers(in: "/proc/\(pid)/task").first { $0 != pid }
  }

  /// Whether a process that was found is still there.
  static func isAlive(_ process: FoundProcess) -> Bool {
    guard let status = status(of: process.pid) else { return false }
    return status.startTime == process.startTime && !status.hasEnded
  }

  /// The machine's age in clock ticks, as start times are counted.
  static func ticksNow() -> UInt64 {
    var time = timespec()
    #if os(Linux)
      clock_gettime(CLOCK_BOOTTIME, &time)
    #else
      clock_gettime(CLOCK_MONOTONIC, &time)
    #endif
    let perSecond = UInt64(max(1, sysconf(Int32(_SC_CLK_TCK))))
    return UInt64(time.tv_sec) * perSecond + UInt64(time.tv_nsec) * perSecond / 1_000_000_000
  }

  private static func contents(of path: String, limit: Int) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: min(limit, 16384))
    while bytes.count < limit {
      let count = read(descriptor, &buffer, buffer.count)
      guard count > 0 else { break }
      bytes += buffer[..<count]
    }
    return bytes
  }
}
