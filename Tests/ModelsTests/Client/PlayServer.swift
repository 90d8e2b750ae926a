import Models
import Synchronization
import Testing
import WireText

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A provider on a port of this machine that plays `MockAnswer`s over HTTP: one thread for each connection, real sockets.
final class PlayServer: Sendable {
  /// How the connection ends after the answer.
  enum Ending: Sendable {
    /// As HTTP wants it.
    case proper
    /// The connection stays open, and the body has no end.
    case held
    /// The connection is dropped in the middle of the body.
    case dropped
  }

  let port: Int
  private let listener: Int32
  /// `answer` is called on the connection's thread, and may block it.
  init(_ answer: @escaping @Sendable (_ path: String, _ body: JSONValue) -> (MockAnswer, Ending)) throws {
    #if canImport(Darwin)
      let door = socket(AF_INET, SOCK_STREAM, 0)
    #else
      let door = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    #endif
    listener = door
    try #require(door >= 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        bind(door, generic, size) == 0 && listen(door, 512) == 0 && getsockname(door, generic, &size) == 0
      }
    }
    try #require(isBound)
    port = Int(UInt16(bigEndian: address.sin_port))
    PlayServer.thread {
      while true {
        let connection = accept(door, nil, nil)
        if connection < 0 { return }
        PlayServer.thread { PlayServer.serve(connection, answer) }
      }
    }
  }

  deinit {
    shutdown(listener, Int32(SHUT_RDWR))
    close(listener)
  }

  private static func thread(_ body: @escaping @Sendable () -> Void) {
    final class Box {
      let body: @Sendable () -> Void; init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    #if canImport(Darwin)
      var thread: pthread_t?
    #else
      var thread = pthread_t()
    #endif
    let box = Unmanaged.passRetained(Box(body)).toOpaque()
    let failure = pthread_create(
      &thread, nil,
      { raw in
        #if canImport(Darwin)
          Unmanaged<Box>.fromOpaque(raw).takeRetainedValue().body()
        #else
          if let raw { Unmanaged<Box>.fromOpaque(raw).takeRetainedValue().body() }
        #endif
        return nil
      }, box)
    precondition(failure == 0, "no thread: \(failure)")
    #if canImport(Darwin)
      if let thread { pthread_detach(thread) }
    #else
      pthread_detach(thread)
    #endif
  }

  private static func serve(
    _ connection: Int32, _ answer: @Sendable (_ path: String, _ body: JSONValue) -> (MockAnswer, Ending)
  ) {
    defer { close(connection) }
    var held: [UInt8] = []
    while let (path, body) = request(connection, &held) {
      let (answer, ending) = answer(path, (try? JSONReader.read(body)) ?? .null)
      var head = "HTTP/1.1 \(answer.status) X\r\ntransfer-encoding: chunked\r\n"
      for field in answer.headers.fields {
        head += "\(field.name): \(String(decoding: field.value, as: UTF8.self))\r\n"
      }
      guard send(connection, Array((head + "\r\n").utf8)) else { return }
      for piece in answer.pieces {
        if piece.after > .zero { usleep(UInt32(piece.after / .microseconds(1))) }
        let chunk = Array(String(piece.bytes.count, radix: 16).utf8) + [13, 10] + piece.bytes + [13, 10]
        guard send(connection, chunk) else { return }
      }
      switch ending {
      case .proper: guard send(connection, Array("0\r\n\r\n".utf8)) else { return }
      case .dropped: return
      case .held:
        var byte: UInt8 = 0
        _ = read(connection, &byte, 1)
        return
      }
    }
  }

  private static func send(_ connection: Int32, _ bytes: [UInt8]) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      #if canImport(Darwin)
        let count = rest.withUnsafeBytes { write(connection, $0.baseAddress, $0.count) }
      #else
        let count = rest.withUnsafeBytes {
          Glibc.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
      #endif
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }

  private static func request(_ connection: Int32, _ held: inout [UInt8]) -> (path: String, body: [UInt8])? {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    func more() -> Bool {
      let count = read(connection, &buffer, buffer.count)
      if count > 0 { held += buffer[..<count] }
      return count > 0
    }
    let gap = Array("\r\n\r\n".utf8)
    while held.firstRange(of: gap) == nil { guard more() else { return nil } }
    guard let end = held.firstRange(of: gap) else { return nil }
    let lines = String(decoding: held[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n")
    let length =
      lines.compactMap { line -> Int? in
        let pieces = line.split(separator: ":")
        guard pieces.count == 2, pieces[0].lowercased() == "content-length" else { return nil }
        return Int(pieces[1].drop { $0 == " " })
      }.first ?? 0
    while held.count - end.upperBound < length { guard more() else { return nil } }
    let body = Array(held[end.upperBound..<(end.upperBound + length)])
    held.removeFirst(end.upperBound + length)
    return (path: String(lines[0].split(separator: " ")[1]), body: body)
  }
}

/// What closures of several tasks have seen, in order.
final class Log<Item: Sendable>: Sendable {
  private let list = Mutex<[Item]>([])

  var items: [Item] { list.withLock { $0 } }

  func add(_ item: Item) { list.withLock { $0.append(item) } }
}
