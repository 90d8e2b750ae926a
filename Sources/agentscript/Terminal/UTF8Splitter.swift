/// Cuts bytes into Unicode scalars and bytes that belong to none, one byte at a time.
///
/// By the table of well-formed sequences (Unicode 15, table 3-7): overlong forms, surrogates and values above U+10FFFF
/// are invalid byte by byte. Holds at most three bytes back.
struct UTF8Splitter {
  enum Piece: Hashable {
    case scalar(Unicode.Scalar)
    case invalid(UInt8)
  }

  private var held: [UInt8] = []
  private var expected = 0

  /// Takes one byte and hands over what it completes: nothing, one piece, or several when a sequence breaks off.
  mutating func feed(_ byte: UInt8, _ emit: (Piece) -> Void) {
    if held.isEmpty {
      start(byte, emit)
    } else if accepts(byte) {
      held.append(byte)
      if held.count == expected { complete(emit) }
    } else {
      finish(emit)
      start(byte, emit)
    }
  }

  /// Hands over what an unfinished sequence left.
  mutating func finish(_ emit: (Piece) -> Void) {
    let left = held
    held.removeAll(keepingCapacity: true)
    for byte in left { emit(.invalid(byte)) }
  }

  private mutating func start(_ byte: UInt8, _ emit: (Piece) -> Void) {
    switch byte {
    case 0..<0x80:
      emit(.scalar(Unicode.Scalar(byte)))
      return
    case 0xC2...0xDF: expected = 2
    case 0xE0...0xEF: expected = 3
    case 0xF0...0xF4: expected = 4
    default:
      emit(.invalid(byte))
      return
    }
    held.append(byte)
  }

  private func accepts(_ byte: UInt8) -> Bool {
    guard held.count == 1 else { return (0x80...0xBF).contains(byte) }
    switch held[0] {
    case 0xE0: return (0xA0...0xBF).contains(byte)
    case 0xED: return (0x80...0x9F).contains(byte)
    case 0xF0: return (0x90...0xBF).contains(byte)
    case 0xF4: return (0x80...0x8F).contains(byte)
    default: return (0x80...0xBF).contains(byte)
    }
  }

  private mutating func complete(_ emit: (Piece) -> Void) {
    var value = UInt32(held[0]) & (0x7F >> UInt32(expected))
    for byte in held.dropFirst() { value = value << 6 | UInt32(byte & 0x3F) }
    held.removeAll(keepingCapacity: true)
    guard let scalar = Unicode.Scalar(value) else {
      preconditionFailure("UTF8Splitter: U+\(String(value, radix: 16)) passed the table but is no scalar")
    }
    emit(.scalar(scalar))
  }
}
