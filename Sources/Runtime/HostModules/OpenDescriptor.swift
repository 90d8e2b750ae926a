internal import SystemPackage

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// An open file or folder, closed when the value goes.
struct OpenDescriptor: ~Copyable {
  let number: Int32

  /// Opens a path, closed on exec.
  init(_ path: SystemPath, _ flags: Int32, mode: UInt32 = 0) throws(Errno) {
    number = try path.call { open($0, flags | O_CLOEXEC, mode_t(mode)) }
  }

  /// Opens a name in an open folder, closed on exec.
  init(_ name: [UInt8], in folder: Int32, _ flags: Int32) throws(Errno) {
    number = try SystemPath(trusted: name).call { openat(folder, $0, flags | O_CLOEXEC) }
  }

  deinit { close(number) }

  /// Writes all of it at the descriptor's position.
  func write(_ bytes: UnsafeRawBufferPointer) throws(Errno) {
    var rest = bytes
    while !rest.isEmpty {
      let count = systemWrite(number, rest)
      if count >= 0 {
        rest = UnsafeRawBufferPointer(rebasing: rest[count...])
      } else if errno != EINTR {
        throw .last
      }
    }
  }

  func write(_ bytes: [UInt8]) throws(Errno) {
    try bytes.withUnsafeBufferPointer { buffer throws(Errno) in try write(UnsafeRawBufferPointer(buffer)) }
  }

  /// Reads at the descriptor's position; 0 at the end.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(Errno) -> Int {
    while true {
      let count = systemRead(number, buffer)
      if count >= 0 { return count }
      if errno != EINTR { throw .last }
    }
  }

  /// The data on the disk.
  func synchronize() throws(Errno) {
    #if os(Linux)
      let result = fdatasync(number)
    #else
      let result = fcntl(number, F_FULLFSYNC)
    #endif
    if result < 0 { throw .last }
  }
}

private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
  write(descriptor, bytes.baseAddress!, bytes.count)
}

private func systemRead(_ descriptor: Int32, _ buffer: UnsafeMutableRawBufferPointer) -> Int {
  read(descriptor, buffer.baseAddress!, buffer.count)
}
