/// What is mounted where, as `/proc/self/mountinfo` tells it. Pure.
struct MountTable {
  /// One mount.
  struct Mount: Hashable {
    /// Which folder of the file system is seen.
    let root: String
    /// Where it is seen.
    let folder: String
    /// The file system's kind, as `ext4`.
    let type: String
  }

  /// In the kernel's order: of two on one folder the later is seen.
  let mounts: [Mount]

  init(_ text: String) { mounts = text.split(separator: "\n").compactMap(MountTable.mount) }

  /// The mount that an absolute path without links lies on.
  func mount(of path: String) -> Mount? {
    let parts = path.split(separator: "/")
    var best: (count: Int, mount: Mount)?
    for mount in mounts {
      let folder = mount.folder.split(separator: "/")
      if parts.starts(with: folder), folder.count >= best?.count ?? 0 { best = (folder.count, mount) }
    }
    return best?.mount
  }

  private static func mount(_ line: Substring) -> Mount? {
    let fields = line.split(separator: " ")
    guard let dash = fields.firstIndex(of: "-"), dash >= 6, fields.count > dash + 1 else { return nil }
    return Mount(root: plain(fields[3]), folder: plain(fields[4]), type: String(fields[dash + 1]))
  }

  /// The kernel writes blanks and backslashes as `\040`.
  private static func plain(_ field: Substring) -> String {
    var bytes: [UInt8] = []
    var rest = Array(field.utf8)[...]
    while let byte = rest.popFirst() {
      let digits = rest.prefix(3)
      guard byte == UInt8(ascii: "\\"), digits.count == 3, digits.allSatisfy({ (0x30...0x37).contains($0) }) else {
        bytes.append(byte)
        continue
      }
      bytes.append(digits.reduce(0) { $0 &* 8 &+ ($1 - 0x30) })
      rest = rest.dropFirst(3)
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
