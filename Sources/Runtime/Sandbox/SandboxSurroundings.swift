#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Where a sandboxed job runs: what the meaning of a policy depends on beside the policy itself.
struct SandboxSurroundings: Sendable, Hashable {
  /// The job's working directory, absolute.
  var workingDirectory: String
  /// The user's home folders, the one that `~` means first: that of the environment, and that of the user database.
  var homes: [String]
  /// The folders of the user's sockets and tokens.
  var runtimeDirectories: [String]
  /// agentscript's own state folder.
  var stateDirectory: String?

  /// Surroundings by their parts.
  init(workingDirectory: String, homes: [String], runtimeDirectories: [String] = [], stateDirectory: String? = nil) {
    self.workingDirectory = workingDirectory
    self.homes = homes
    self.runtimeDirectories = runtimeDirectories
    self.stateDirectory = stateDirectory
  }

  /// Those of a job of this process. `workingDirectory` may be relative; nil is this process's own.
  static func current(workingDirectory: String?, stateDirectory: String?) -> SandboxSurroundings {
    var homes: [String] = []
    if let home = variable("HOME"), home.hasPrefix("/") { homes.append(home) }
    var entry = passwd()
    var found: UnsafeMutablePointer<passwd>?
    var buffer = [CChar](repeating: 0, count: 16384)
    if getpwuid_r(geteuid(), &entry, &buffer, buffer.count, &found) == 0, found != nil, let folder = entry.pw_dir {
      let home = String(cString: folder)
      if home.hasPrefix("/"), !homes.contains(home) { homes.append(home) }
    }
    var runtime = ["/run/user/\(geteuid())"]
    if let folder = variable("XDG_RUNTIME_DIR"), folder.hasPrefix("/"), !runtime.contains(folder) {
      runtime.append(folder)
    }
    let folder = workingDirectory.map { $0.hasPrefix("/") ? $0 : currentFolder() + "/" + $0 } ?? currentFolder()
    return SandboxSurroundings(
      workingDirectory: folder, homes: homes, runtimeDirectories: runtime, stateDirectory: stateDirectory)
  }

  private static func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

  private static func currentFolder() -> String {
    guard let folder = getcwd(nil, 0) else { return "/" }
    defer { free(folder) }
    return String(cString: folder)
  }
}

/// What a sandbox hides or keeps from being changed, unless it is listed.
enum SandboxMasks {
  /// Hidden in each home folder: keys, tokens, passwords.
  static let inHome = [
    ".ssh", ".aws", ".azure", ".gnupg", ".netrc", ".git-credentials", ".pgpass", ".vault-token", ".password-store",
    ".docker", ".kube", ".config/gcloud", ".config/gh", ".local/share/keyrings",
  ]

  /// Hidden wherever they are: the sockets by which one becomes root.
  static let sockets = [
    "/run/docker.sock", "/var/run/docker.sock", "/run/containerd", "/run/podman", "/run/crio", "/run/systemd/private",
  ]

  /// Never writable in a folder that can be written: what other programs obey.
  static let protectedNames = [".git", ".agentscript"]

  /// Folders that are empty and the job's own.
  static let temporary = ["/tmp", "/var/tmp"]

  /// What programs need to start, where `read` is a list.
  static let system = [
    "/bin", "/etc", "/gnu/store", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store", "/opt", "/sbin", "/sys", "/usr",
  ]
}
