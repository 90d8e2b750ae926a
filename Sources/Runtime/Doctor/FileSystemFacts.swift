#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The file system that a folder lies on.
public struct FileSystemFacts: Sendable, Hashable {
  /// What becomes of the files.
  public enum Kind: String, Sendable, Hashable {
    /// They are on this machine's disk.
    case local
    /// They are on another machine, or come from a program: locks cannot be relied on.
    case network
    /// They are in memory, and gone with the next start of the machine.
    case memory
  }

  /// Its name, as `ext4`; empty if the system does not tell.
  public let type: String
  /// How many bytes this user may still write.
  public let freeBytes: Int64
  /// With fewer no job is started.
  public let floor: Int64

  /// Facts as given.
  public init(type: String, freeBytes: Int64, floor: Int64 = 1 << 30) {
    self.type = type
    self.freeBytes = freeBytes
    self.floor = floor
  }

  /// What the type means.
  public var kind: Kind {
    let networks = ["nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "afpfs", "ceph", "webdav", "virtiofs"]
    // A disk that is mounted by a program is one all the same.
    if networks.contains(type) || (type.hasPrefix("fuse") && type != "fuseblk") { return .network }
    return type == "tmpfs" || type == "ramfs" ? .memory : .local
  }

  /// The facts of a folder that exists; nil if they cannot be had.
  public init?(folder: String) {
    guard let pointer = realpath(folder, nil) else { return nil }
    defer { free(pointer) }
    let path = String(cString: pointer)
    guard let space = DiskFloor.space(at: path) else { return nil }
    freeBytes = Int64(clamping: space.free)
    floor = Int64(clamping: space.floor)
    #if os(Linux)
      type = KernelFile.text("/proc/self/mountinfo").flatMap { MountTable($0).mount(of: path)?.type } ?? ""
    #else
      var system = statfs()
      guard statfs(path, &system) == 0 else { return nil }
      type = withUnsafeBytes(of: system.f_fstypename) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    #endif
  }
}
