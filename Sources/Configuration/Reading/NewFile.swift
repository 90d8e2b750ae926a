#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Files of the user's that are made, readable by nobody else.
enum NewFile {
  /// Writes a file that must not exist, durably.
  static func write(_ text: String, to path: String) throws(SettingsError) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw SettingsError(path, "cannot be written: \(SystemWords.of(errno))") }
    defer { close(descriptor) }
    let bytes = Array(text.utf8)
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { systemWrite(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw failed(path) }
      rest = rest.dropFirst(count)
    }
    guard fchmod(descriptor, 0o600) == 0, fsync(descriptor) == 0 else { throw failed(path) }
  }

  private static func failed(_ path: String) -> SettingsError {
    let number = errno
    unlink(path)
    return SettingsError(path, "cannot be written: \(SystemWords.of(number))")
  }
}

/// Folders of the user's that are made.
enum NewFolder {
  /// Makes a folder and those above it that are missing, each for this user alone.
  static func make(_ path: String) throws(SettingsError) {
    var missing: [String] = []
    var folder = path[...]
    while !folder.isEmpty, access(String(folder), F_OK) != 0 {
      missing.append(String(folder))
      folder = folder[..<(folder.lastIndex(of: "/") ?? folder.startIndex)]
    }
    for folder in missing.reversed() {
      guard mkdir(folder, 0o700) == 0 || errno == EEXIST else {
        throw SettingsError(folder, "cannot be made: \(SystemWords.of(errno))")
      }
      _ = chmod(folder, 0o700)
    }
  }
}

// The name would be taken for the method otherwise.
private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
  write(descriptor, bytes, count)
}
