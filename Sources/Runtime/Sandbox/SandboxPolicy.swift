/// What a job may touch: the option `sandbox` of a task, an agent or a run. A pure value; the paths are as they were given.
///
/// - Reading: everything but what is always masked (`SandboxMasks`), or with a list only that and the system's folders.
/// - Writing: a private `/tmp` and the listed paths. `.git` and `.agentscript` in a listed folder stay read-only unless
///   they are listed themselves.
/// - Network: none but a loopback of its own, unless `net` is true. Unix sockets can be reached only if listed.
///
/// Relative paths are from the job's working directory, and `~` is the home folder.
struct SandboxPolicy: Sendable, Hashable {
  /// What can be read beside the system's folders; nil is everything. An empty list is nothing.
  var read: [String]?
  /// What can be written. An empty list is nothing.
  var write: [String]
  /// Whether the machine's network can be used.
  var net: Bool

  /// A policy by its parts. Without any it is the preset `"read-only"`.
  init(read: [String]? = nil, write: [String] = [], net: Bool = false) {
    self.read = read
    self.write = write
    self.net = net
  }

  /// The preset `"read-only"`: nothing can be written but a private `/tmp`.
  static let readOnly = SandboxPolicy()

  /// The preset `"workspace"`: the working directory can be written too.
  static let workspace = SandboxPolicy(write: ["."])

  /// The names of the presets.
  static let presetNames = ["read-only", "workspace"]

  /// The preset of that name, if there is one.
  static func preset(named name: String) -> SandboxPolicy? {
    switch name {
    case "read-only": readOnly
    case "workspace": workspace
    default: nil
    }
  }
}

/// What an option `sandbox` asks for.
enum SandboxChoice: Sendable, Hashable {
  /// `false`: no sandbox, also where an agent or a run would have one.
  case none
  /// A sandbox.
  case policy(SandboxPolicy)

  /// The policy, if there is one.
  var policy: SandboxPolicy? { if case .policy(let policy) = self { policy } else { nil } }
}

/// Why a sandbox cannot be had, in one sentence. The job must not run then.
struct SandboxFailure: Error, Sendable, Hashable, CustomStringConvertible {
  /// What is wrong.
  enum Code: Sendable, Hashable {
    /// The policy names what is not there, or what cannot be confined.
    case policy
    /// This system has no means to confine a job.
    case unavailable
    /// A system call failed, with this number.
    case system(Int32)
  }

  let code: Code
  let description: String

  /// A failure.
  init(_ code: Code, _ description: String) {
    self.code = code
    self.description = description
  }
}
