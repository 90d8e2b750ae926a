import Configuration
import Testing

/// The vectors of FIPS 180-4's examples and of NIST's CAVP.
@Suite struct SHA256Tests {
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
    (
      "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
      "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"
    ),
  ])
  func theHashesOfTheStandardsMessages(_ text: String, _ hash: String) {
    #expect(SHA256.text(Array(text.utf8)) == hash)
  }

  @Test func theHashOfAMillionLetters() {
    let hash = SHA256.text([UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000))
    #expect(hash == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
  }

  @Test(
    arguments: [
      ([0xbd], "68325720aabd7c82f30f554b313d0570c95accbb7dc4b5aae11204c08ffe732b"),
      ([0xc9, 0x8c, 0x8e, 0x55], "7abc22c0ae5af26ce93dbb94433a0e0b2e119d014f8e7f65bd56c61ccccd9504"),
    ] as [([UInt8], String)])
  func theHashesOfBytes(_ bytes: [UInt8], _ hash: String) { #expect(SHA256.text(bytes) == hash) }

  @Test(arguments: [55, 56, 57, 63, 64, 65, 119, 120, 128])
  func theSameInPieces(_ count: Int) {
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 7) }
    var pieces = SHA256()
    for byte in bytes { pieces.update([byte]) }
    #expect(pieces.text() == SHA256.text(bytes))
  }
}
