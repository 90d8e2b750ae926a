#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A configuration file's bytes, read once.
struct ConfigFile {
  /// More than anybody writes by hand.
  static let largest = 1 << 20

  /// As messages name it.
  let path: String
  let bytes: [UInt8]

  /// Reads the user's own file, through links too; nil if there is none. A file that another user may have written is refused:
  /// it decides where keys go.
  static func ofUser(_ path: String) throws(SettingsError) -> ConfigFile? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    guard descriptor >= 0 else {
      if errno == ENOENT || errno == ENOTDIR { return nil }
      throw SettingsError(path, "cannot be read: \(SystemWords.of(errno))")
    }
    defer { close(descriptor) }
    var info = stat()
    guard fstat(descriptor, &info) == 0, info.st_mode & S_IFMT == S_IFREG else {
      throw SettingsError(path, "is not a file")
    }
    guard info.st_uid == geteuid() || info.st_uid == 0 else {
      throw SettingsError(path, "belongs to user \(info.st_uid), so it is not used: it would decide where your keys go")
    }
    guard info.st_mode & S_IWOTH == 0 else {
      throw SettingsError(path, "may be written to by everybody, so it is not used: run 'chmod o-w' on it")
    }
    guard let bytes = contents(of: descriptor, most: largest) else {
      throw SettingsError(path, "has more than \(largest) bytes, or cannot be read")
    }
    return ConfigFile(path: path, bytes: bytes)
  }

  /// All bytes behind a descriptor; nil for more than `most`, and for what cannot be read.
  static func contents(of descriptor: Int32, most: Int) -> [UInt8]? {
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = read(descriptor, &piece, piece.count)
      if count == 0 { return bytes }
      if count < 0 {
        if errno == EINTR { continue }
        return nil
      }
      bytes += piece[..<count]
      if bytes.count > most { return nil }
    }
  }
}

/// The system's words for an error number.
enum SystemWords {
  /// As they stand in the middle of a sentence.
  static func of(_ number: Int32) -> String {
    let text = String(cString: strerror(number))
    return text.prefix(1).lowercased() + text.dropFirst()
  }
}
