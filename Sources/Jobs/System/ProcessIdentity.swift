#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A process, told apart from every other that had or will have the same number.
public struct ProcessIdentity: Codable, Sendable, Hashable {
  /// The process's number.
  public let pid: Int
  /// When it started: clock ticks since the machine did (Linux), microseconds since 1970 (macOS).
  public let started: UInt64
  /// The machine's present life: a random id that each boot makes anew.
  public let boot: String

  /// An identity as recorded.
  public init(pid: Int, started: UInt64, boot: String) {
    self.pid = pid
    self.started = started
    self.boot = boot
  }

  /// This process.
  public static func current() -> ProcessIdentity {
    let pid = Int(getpid())
    return ProcessIdentity(pid: pid, started: startTime(ofProcess: pid) ?? 0, boot: bootID())
  }

  /// Whether this very process still lives; a zombie does not.
  public var isAlive: Bool {
    boot == ProcessIdentity.bootID() && ProcessIdentity.startTime(ofProcess: pid) == started
  }

  /// When a process started, in the unit of `started`; nil if there is none with that number, or only a zombie.
  public static func startTime(ofProcess pid: Int) -> UInt64? {
    #if os(Linux)
      guard let text = SmallFile.contents(of: "/proc/\(pid)/stat") else { return nil }
      // The second field, the program's name in parentheses, may hold spaces and parentheses of its own.
      guard let close = text.lastIndex(of: UInt8(ascii: ")")) else { return nil }
      let fields = text[(close + 1)...].split(separator: 0x20)
      guard fields.count > 19, let state = fields[0].first else { return nil }
      guard state != UInt8(ascii: "Z"), state != UInt8(ascii: "X") else { return nil }
      return UInt64(String(decoding: fields[19], as: UTF8.self))
    #else
      var info = kinfo_proc()
      var size = MemoryLayout<kinfo_proc>.stride
      var name: [Int32] = [CTL_KERN, KERN_PROC, KERN_PROC_PID, Int32(truncatingIfNeeded: pid)]
      guard sysctl(&name, 4, &info, &size, nil, 0) == 0, size > 0 else { return nil }
      guard info.kp_proc.p_stat != SZOMB else { return nil }
      let start = info.kp_proc.p_starttime
      return UInt64(start.tv_sec) * 1_000_000 + UInt64(start.tv_usec)
    #endif
  }

  /// The id of the machine's present life.
  public static func bootID() -> String {
    #if os(Linux)
      let bytes = SmallFile.contents(of: "/proc/sys/kernel/random/boot_id") ?? []
      return String(decoding: bytes.prefix { $0 != 0x0A }, as: UTF8.self)
    #else
      var size = 0
      guard sysctlbyname("kern.bootsessionuuid", nil, &size, nil, 0) == 0, size > 0 else { return "" }
      var bytes = [UInt8](repeating: 0, count: size)
      guard sysctlbyname("kern.bootsessionuuid", &bytes, &size, nil, 0) == 0 else { return "" }
      return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    #endif
  }
}
