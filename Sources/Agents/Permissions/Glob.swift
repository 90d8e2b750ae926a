/// Patterns of names as permissions and lists of tools have them: `*` is any run of bytes, everything else itself.
enum Glob {
  /// Takes at most the product of both lengths in steps, whatever the pattern. `knowsQuestionMark`: `?` is one character.
  static func matches(_ pattern: String, _ text: String, knowsQuestionMark: Bool = true) -> Bool {
    let pattern = Array(pattern.utf8)
    let text = Array(text.utf8)
    var (place, index) = (0, 0)
    var star: (place: Int, index: Int)?
    while index < text.count {
      if place < pattern.count, pattern[place] == UInt8(ascii: "*") {
        star = (place, index)
        place += 1
      } else if knowsQuestionMark, place < pattern.count, pattern[place] == UInt8(ascii: "?") {
        place += 1
        index = nextCharacter(text, index)
      } else if place < pattern.count, pattern[place] == text[index] {
        place += 1
        index += 1
      } else if let last = star {
        star = (last.place, last.index + 1)
        place = last.place + 1
        index = last.index + 1
      } else {
        return false
      }
    }
    return pattern[place...].allSatisfy { $0 == UInt8(ascii: "*") }
  }

  private static func nextCharacter(_ text: [UInt8], _ index: Int) -> Int {
    var next = index + 1
    while next < text.count, text[next] & 0xC0 == 0x80 { next += 1 }
    return next
  }
}
