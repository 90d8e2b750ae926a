import Models
import WireText

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

extension FileTools {
  /// Bytes of a file that is written or edited, at most.
  static let mostBytes = 16 << 20

  /// Makes a file, or replaces all of it.
  public var write: AgentTool {
    tool(
      "write", .writes,
      "Writes a whole file; folders are made as needed. A file that exists has to be read first, and is replaced as a whole: to "
        + "change a part of it, use edit.",
      [
        "path": ["type": "string", "description": "The file, relative to the working folder or absolute."],
        "content": ["type": "string", "description": "All that is to be in it."],
      ], required: ["path", "content"]
    ) { input, _ throws(FileScope.Refusal) in
      let place = try writable(try input.text("path"), mayBeNew: true)
      let content = Array(try input.text("content").utf8)
      guard content.count <= FileTools.mostBytes else {
        throw FileScope.Refusal("the content has more than \(FileTools.mostBytes) bytes")
      }
      let folder = try scope.openFolder(of: place, makes: true)
      let old = try existing(place, in: folder)
      if let old {
        guard let known = seen.version(of: place) else {
          throw FileScope.Refusal("'\(place.shown)' exists, and you have not read it: read it before you replace it")
        }
        try FileTools.check(old, is: known, place)
      }
      try replace(place, in: folder, with: content, old: old)
      let lines = content.count { $0 == 0x0A } + (content.isEmpty || content.last == 0x0A ? 0 : 1)
      return "\(old == nil ? "made" : "replaced") '\(place.shown)': \(lines) lines, \(content.count) bytes"
    }
  }

  /// The place, if it may be written.
  func writable(_ text: String, mayBeNew: Bool) throws(FileScope.Refusal) -> FileScope.Place {
    let place = try scope.place(text, mayBeNew: mayBeNew)
    guard place.isWritable else {
      throw FileScope.Refusal("'\(text)' may only be read: it lies outside of \(scope.folder)")
    }
    guard !place.isProtected else { throw FileScope.Refusal("'\(text)' belongs to git, and is not for tools to write") }
    guard !place.names.isEmpty else { throw FileScope.Refusal("'\(text)' is a folder") }
    return place
  }

  /// What the system says of the file, if it exists. Only regular files are replaced.
  func existing(_ place: FileScope.Place, in folder: OpenFile) throws(FileScope.Refusal) -> stat? {
    var facts = stat()
    guard let name = place.names.last, fstatat(folder.descriptor, name, &facts, AT_SYMLINK_NOFOLLOW) == 0 else {
      guard errno == ENOENT else { throw FileScope.Refusal(FileScope.sentence(errno, place.shown)) }
      return nil
    }
    guard facts.st_mode & S_IFMT == S_IFREG else {
      throw FileScope.Refusal("'\(place.shown)' is no regular file, and is not replaced")
    }
    return facts
  }

  static func check(_ facts: stat, is known: FileVersion, _ place: FileScope.Place) throws(FileScope.Refusal) {
    guard FileVersion(facts) != known else { return }
    throw FileScope.Refusal("'\(place.shown)' has been changed since you read it: read it again first")
  }

  /// Puts the bytes in the file's place in one step: whoever looks sees the old file or the new one, whole.
  func replace(
    _ place: FileScope.Place, in folder: OpenFile, with bytes: [UInt8], old: stat?
  ) throws(FileScope.Refusal) {
    guard let name = place.names.last else { throw FileScope.Refusal("'\(place.shown)' is a folder") }
    var random = SystemRandomNumberGenerator()
    let temporary = ".agentscript-" + String(random.next(), radix: 36) + ".tmp"
    let descriptor = openat(
      folder.descriptor, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, old == nil ? 0o666 : 0o600)
    guard descriptor >= 0 else { throw FileScope.Refusal(FileScope.sentence(errno, place.shown)) }
    let file = OpenFile(descriptor)
    var isDone = false
    defer { if !isDone { unlinkat(folder.descriptor, temporary, 0) } }
    try file.write(bytes)
    if let old, fchmod(descriptor, old.st_mode & 0o7777) != 0 {
      throw FileScope.Refusal("the mode of '\(place.shown)' cannot be kept: \(String(cString: strerror(errno)))")
    }
    guard fsync(descriptor) == 0 else {
      throw FileScope.Refusal("'\(place.shown)' cannot be written: \(String(cString: strerror(errno)))")
    }
    // Whoever changed it in between is not overwritten.
    let present = try existing(place, in: folder)
    guard present.map(FileVersion.init) == old.map(FileVersion.init) else {
      throw FileScope.Refusal("'\(place.shown)' has been changed meanwhile: read it again first")
    }
    guard renameat(folder.descriptor, temporary, folder.descriptor, name) == 0 else {
      throw FileScope.Refusal(FileScope.sentence(errno, place.shown))
    }
    isDone = true
    seen.note(place, FileVersion(file.facts))
  }
}
