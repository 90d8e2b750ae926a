internal import CProcess
internal import LuaBindings

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// What this machine lets this process do, as far as jobs depend on it.
public struct MachineFacts: Sendable, Hashable {
  /// A limit of the kernel's on this process.
  public struct Limit: Sendable, Hashable {
    /// What is in force; nil is none.
    public let soft: UInt64?
    /// How far this process may raise it; nil is without end.
    public let hard: UInt64?

    /// A limit as given.
    public init(soft: UInt64?, hard: UInt64?) {
      self.soft = soft
      self.hard = hard
    }
  }

  /// What there is to confine jobs with.
  public struct Sandbox: Sendable, Hashable {
    /// Whether a job can be confined at all.
    public let works: Bool
    /// What is there and why the rest is not, the better means first.
    public let finding: String
    /// What to do where there is none.
    public let remedy: String

    /// Facts as given.
    public init(works: Bool, finding: String, remedy: String) {
      self.works = works
      self.finding = finding
      self.remedy = remedy
    }
  }

  /// The system, its version and the processor: "Linux 6.1.0 x86_64".
  public var system: String
  /// The embedded Lua, as "Lua 5.4.6".
  public var lua: String
  /// How many files this process may have open.
  public var openFiles: Limit
  /// How many processes this user may have.
  public var processes: Limit
  /// How large a core file may get.
  public var coreFile: Limit
  /// Whether a process can be held by a descriptor (pidfd), and so never be mistaken for a later one.
  public var hasProcessDescriptors: Bool
  /// With which error this user is refused a user namespace; zero if there is one to be had.
  public var userNamespaceError: Int32
  /// Whether `/bin/sh` can be run.
  public var hasShell: Bool
  /// What confines jobs.
  public var sandbox: Sandbox

  /// Facts as given.
  public init(
    system: String, lua: String, openFiles: Limit, processes: Limit, coreFile: Limit, hasProcessDescriptors: Bool,
    userNamespaceError: Int32, hasShell: Bool, sandbox: Sandbox
  ) {
    self.system = system
    self.lua = lua
    self.openFiles = openFiles
    self.processes = processes
    self.coreFile = coreFile
    self.hasProcessDescriptors = hasProcessDescriptors
    self.userNamespaceError = userNamespaceError
    self.hasShell = hasShell
    self.sandbox = sandbox
  }

  /// Asks the system; starts children that end at once.
  public static func ofThisProcess() -> MachineFacts {
    MachineFacts(
      system: systemName(), lua: luaName(), openFiles: limit(.openFiles), processes: limit(.processes),
      coreFile: coreLimit(), hasProcessDescriptors: hasProcessDescriptor(),
      userNamespaceError: cprobe_user_namespace(), hasShell: access("/bin/sh", X_OK) == 0, sandbox: sandbox())
  }

  private static func sandbox() -> Sandbox {
    let support = SandboxSupport.current()
    let finding = support.sentences.map(\.sentence).joined(separator: "; ")
    return Sandbox(works: support.tier != nil, finding: finding, remedy: SandboxSupport.remedy)
  }

  private static func systemName() -> String {
    var name = utsname()
    guard uname(&name) == 0 else { return "unknown" }
    func text<Field>(_ field: Field) -> String {
      withUnsafeBytes(of: field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
    return "\(text(name.sysname)) \(text(name.release)) \(text(name.machine))"
  }

  private static func luaName() -> String {
    LuaVersion.banner.split(separator: " ").prefix(2).joined(separator: " ")
  }

  private static func hasProcessDescriptor() -> Bool {
    let descriptor = cprocess_open(getpid())
    if descriptor >= 0 { close(descriptor) }
    return descriptor >= 0
  }

  private enum Resource { case openFiles, processes }

  private static func limit(_ resource: Resource) -> Limit {
    #if os(Linux)
      let number =
        switch resource {
        case .openFiles: __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        case .processes: __rlimit_resource_t(__RLIMIT_NPROC.rawValue)
        }
    #else
      let number =
        switch resource {
        case .openFiles: RLIMIT_NOFILE
        case .processes: RLIMIT_NPROC
        }
    #endif
    var limit = rlimit()
    guard getrlimit(number, &limit) == 0 else { return Limit(soft: nil, hard: nil) }
    return Limit(soft: value(UInt64(limit.rlim_cur)), hard: value(UInt64(limit.rlim_max)))
  }

  private static func coreLimit() -> Limit {
    var soft: UInt64 = 0
    var hard: UInt64 = 0
    guard cprocess_core_limit(&soft, &hard) == 0 else { return Limit(soft: nil, hard: nil) }
    return Limit(soft: value(soft), hard: value(hard))
  }

  /// Without a limit: all bits on Linux, all but the sign on macOS.
  private static func value(_ limit: UInt64) -> UInt64? { limit >= UInt64(Int64.max) ? nil : limit }
}
