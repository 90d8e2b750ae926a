#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A control group (cgroup v2) in which this process may make others.
public struct CgroupPlace: Sendable, Hashable {
  /// Its folder, an absolute path: the group that this process itself is in.
  public let path: String
  /// The controllers that groups made in it have, as `memory` and `pids`; often none, which takes nothing from ending them.
  public let controllers: [String]

  /// A place as given.
  public init(path: String, controllers: [String]) {
    self.path = path
    self.controllers = controllers
  }
}

/// Whether this process can use control groups for its jobs.
public enum CgroupFinding: Sendable, Hashable {
  /// It may make groups here.
  case usable(CgroupPlace)
  /// It cannot, for the reason given: the first half of a sentence.
  case unusable(String)

  /// Looks for the group of this process, and tries whether it may make one in it, put processes there and end them.
  public static func ofThisProcess() -> CgroupFinding {
    #if os(Linux)
      guard let membership = KernelFile.text("/proc/self/cgroup"), let mounts = KernelFile.text("/proc/self/mountinfo")
      else { return .unusable("/proc cannot be read") }
      switch folder(membership: membership, mounts: mounts) {
      case .failure(let refusal): return .unusable(refusal.reason)
      case .success(let folder): return tried(folder)
      }
    #else
      return .unusable("this system has no control groups")
    #endif
  }

  /// Why there is no folder.
  struct Refusal: Error, Hashable {
    let reason: String
  }

  /// The folder of this process's group, by the texts of `/proc/self/cgroup` and `/proc/self/mountinfo`. Pure.
  static func folder(membership: String, mounts: String) -> Result<String, Refusal> {
    guard let line = membership.split(separator: "\n").first(where: { $0.hasPrefix("0::") }) else {
      return .failure(Refusal(reason: "this process is in no cgroup v2"))
    }
    let group = String(line.dropFirst(3))
    // The kernel's way to say that the group lies outside of the namespace.
    guard group.hasPrefix("/"), !group.split(separator: "/").contains("..") else {
      return .failure(Refusal(reason: "this process's cgroup lies outside of its namespace"))
    }
    let found = MountTable(mounts).mounts.filter { $0.type == "cgroup2" }
    if found.isEmpty { return .failure(Refusal(reason: "no cgroup v2 is mounted")) }
    // Of several on one folder the last one is seen.
    for mount in found.reversed() {
      guard let rest = remainder(of: group, below: mount.root) else { continue }
      return .success(mount.folder == "/" ? "/" + rest : rest.isEmpty ? mount.folder : "\(mount.folder)/\(rest)")
    }
    return .failure(Refusal(reason: "this process's cgroup is not mounted"))
  }

  /// What is left of a path below a root, without slashes around it; nil if it does not lie there.
  private static func remainder(of path: String, below root: String) -> String? {
    let path = path.split(separator: "/")
    let root = root.split(separator: "/")
    guard path.starts(with: root) else { return nil }
    return path.dropFirst(root.count).joined(separator: "/")
  }

  /// Only making a group tells: folders can be read-only, limits on groups reached, kernels too old.
  private static func tried(_ folder: String) -> CgroupFinding {
    // Who moves a process needs this of the group that both are in.
    guard access(folder + "/cgroup.procs", W_OK) == 0 else { return .unusable(refusal("put processes into", folder)) }
    let probe = "\(folder)/agentscript-probe-\(getpid())"
    guard mkdir(probe, 0o700) == 0 else { return .unusable(refusal("make groups in", folder)) }
    defer { rmdir(probe) }
    guard access(probe + "/cgroup.procs", W_OK) == 0 else { return .unusable(refusal("use groups of", folder)) }
    guard access(probe + "/cgroup.kill", W_OK) == 0 else {
      return .unusable("this kernel cannot end a whole cgroup (that needs Linux 5.14)")
    }
    // What a group made here has is told by the group itself.
    let controllers = KernelFile.text(probe + "/cgroup.controllers") ?? ""
    let names = controllers.split(whereSeparator: \.isWhitespace).map(String.init)
    return .usable(CgroupPlace(path: folder, controllers: names))
  }

  private static func refusal(_ action: String, _ folder: String) -> String {
    let why = String(cString: strerror(errno))
    return "this process may not \(action) its cgroup \(folder) (\(why.prefix(1).lowercased())\(why.dropFirst()))"
  }
}
