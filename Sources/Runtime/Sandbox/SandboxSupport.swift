internal import CProcess
import Synchronization

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// What this machine has to confine jobs, for the choice and for `doctor`.
struct SandboxSupport: Sendable, Hashable {
  /// A means to confine a job.
  enum Tier: String, Sendable, Hashable, CaseIterable {
    /// The program `bwrap`: namespaces and mounts.
    case bubblewrap = "bwrap"
    /// The kernel's Landlock, with a filter of system calls.
    case landlock = "landlock"
  }

  /// What is known of one of them.
  enum State<Means: Sendable & Hashable>: Sendable, Hashable {
    /// It works, this way.
    case works(Means)
    /// It does not, for the reason given in one sentence.
    case fails(String)
  }

  /// A `bwrap` that was seen to work.
  struct Bubblewrap: Sendable, Hashable {
    /// Its absolute path.
    var path: String
    /// Whether it must be told to make a user namespace.
    var asksForUserNamespace: Bool
    /// Whether it can be given open paths (0.8.0 with Debian's corrections, and since 0.10).
    var takesDescriptors: Bool
  }

  /// A Landlock that forbids enough.
  struct Landlock: Sendable, Hashable {
    /// Its version; 3 at least.
    var version: Int
    /// Whether a job can have a network of its own; else it can have no sockets at all.
    var hasNetworkNamespaces: Bool
  }

  /// The program `bwrap`.
  var bubblewrap: State<Bubblewrap>
  /// The kernel's Landlock.
  var landlock: State<Landlock>

  /// What to do where neither is there.
  static let remedy = "install bubblewrap (apt-get install bubblewrap)"

  private static let known = Mutex<SandboxSupport?>(nil)

  /// What this machine has. Tried out at the first call, which takes some milliseconds and starts processes; known from then
  /// on.
  static func current() -> SandboxSupport {
    known.withLock { known in
      if let known { return known }
      let found = SandboxSupport(bubblewrap: BubblewrapProbe.state(), landlock: landlockState())
      known = found
      return found
    }
  }

  /// The means that is used unless one is forced: the first that works.
  var tier: Tier? {
    if case .works = bubblewrap { return .bubblewrap }
    if case .works = landlock { return .landlock }
    return nil
  }

  /// One sentence for each means, the better one first: whether it works, and else why not.
  var sentences: [(tier: Tier, works: Bool, sentence: String)] {
    let first: (Tier, Bool, String) =
      switch bubblewrap {
      case .works(let means): (.bubblewrap, true, "\(means.path) works")
      case .fails(let why): (.bubblewrap, false, why)
      }
    let second: (Tier, Bool, String) =
      switch landlock {
      case .works(let means): (.landlock, true, "Landlock works (version \(means.version))\(means.limits)")
      case .fails(let why): (.landlock, false, why)
      }
    return [first, second]
  }

  private static func landlockState() -> State<Landlock> {
    #if os(Linux)
      let version = Int(cprocess_landlock_version())
      guard version > 0 else {
        let why =
          errno == EOPNOTSUPP
          ? "is switched off in this kernel" : "is not in this kernel (\(SystemMessage.text(errno)))"
        return .fails("Landlock \(why)")
      }
      guard version >= 3 else {
        return .fails(
          "Landlock's version \(version) in this kernel cannot keep files from being cut off; 3 (Linux 6.2) can")
      }
      let filter = cprocess_filter_known()
      guard filter == 0 else {
        return .fails(
          "system calls cannot be filtered on this machine (\(SystemMessage.text(filter))), which Landlock needs")
      }
      return .works(Landlock(version: version, hasNetworkNamespaces: cprocess_can_unshare_network() == 0))
    #else
      return .fails("Landlock is a part of Linux")
    #endif
  }
}

extension SandboxSupport.Landlock {
  /// What it lacks, for the report.
  fileprivate var limits: String {
    var limits: [String] = []
    if !hasNetworkNamespaces { limits.append("jobs without network have no loopback either") }
    if version < 6 { limits.append("jobs can signal this user's other processes") }
    return limits.isEmpty ? "" : "; " + limits.joined(separator: ", ")
  }
}
