/// Runs a pattern's machine over lines, and remembers what it found out about each set of places it was in.
///
/// The time is proportional to the length of the line for every pattern: there is no backtracking. The memory is limited:
/// when too many sets are remembered, all are forgotten.
struct PatternMatcher {
  /// What stands before the place where the machine is.
  private enum Before: UInt8, Hashable { case start, word, other }

  private struct Key: Hashable {
    let places: [Int32]
    let before: Before
  }

  private struct State {
    let key: Key
    /// By ASCII value, and at 128 for the end of the line: where to go.
    var next = [Int32](repeating: PatternMatcher.unknown, count: 129)
  }

  private static let unknown: Int32 = -1
  private static let found: Int32 = -2
  private static let end: UInt32 = 0xFFFF_FFFF
  private static let mostStates = 2000

  private let program: PatternProgram
  private var states: [State] = []
  private var numbers: [Key: Int32] = [:]
  /// Marks the steps that the present closure has reached, by the closure's number.
  private var seen: [UInt32]
  private var closureNumber: UInt32 = 0

  init(_ program: PatternProgram) {
    self.program = program
    seen = [UInt32](repeating: 0, count: program.steps.count)
  }

  /// Whether the pattern is found anywhere in the line. What is no UTF-8 counts as U+FFFD.
  mutating func matches(_ line: some Collection<UInt8>) -> Bool {
    var state = number(of: Key(places: [0], before: .start))
    var bytes = line.makeIterator()
    var decoder = ScalarDecoder()
    while let byte = bytes.next() {
      if byte < 0x80, decoder.isEmpty {
        state = advance(from: state, by: UInt32(byte))
        if state == PatternMatcher.found { return true }
        continue
      }
      for value in decoder.take(byte) {
        state = advance(from: state, by: value)
        if state == PatternMatcher.found { return true }
      }
    }
    if let value = decoder.finish() {
      state = advance(from: state, by: value)
      if state == PatternMatcher.found { return true }
    }
    return advance(from: state, by: PatternMatcher.end) == PatternMatcher.found
  }

  private mutating func advance(from state: Int32, by value: UInt32) -> Int32 {
    let slot = value < 128 ? Int(value) : value == PatternMatcher.end ? 128 : -1
    if slot >= 0 {
      let known = states[Int(state)].next[slot]
      if known != PatternMatcher.unknown { return known }
    }
    let key = states[Int(state)].key
    let result = step(key, value)
    // What was forgotten in between cannot be told what comes after it.
    if slot >= 0, Int(state) < states.count, states[Int(state)].key == key { states[Int(state)].next[slot] = result }
    return result
  }

  private mutating func step(_ key: Key, _ value: UInt32) -> Int32 {
    let isWord = value != PatternMatcher.end && ScalarSet.word.contains(value)
    var places: [Int32] = []
    var reached: [Int32] = []
    closureNumber += 1
    for place in key.places { reach(place, key.before, value, isWord, &reached) }
    for place in reached {
      switch program.steps[Int(place)] {
      case .match: return PatternMatcher.found
      case .scalar(let set):
        if value != PatternMatcher.end, set.contains(value) { places.append(place + 1) }
      case .assertion, .split, .jump: break
      }
    }
    // A match may begin at every place of the line.
    places.append(0)
    places.sort()
    return number(of: Key(places: places, before: isWord ? .word : .other))
  }

  /// Follows all that needs no scalar.
  private mutating func reach(
    _ first: Int32, _ before: Before, _ value: UInt32, _ isWord: Bool, _ reached: inout [Int32]
  ) {
    var open = [first]
    while let place = open.popLast() {
      guard seen[Int(place)] != closureNumber else { continue }
      seen[Int(place)] = closureNumber
      switch program.steps[Int(place)] {
      case .match, .scalar: reached.append(place)
      case .jump(let target): open.append(Int32(target))
      case .split(let one, let other): open += [Int32(one), Int32(other)]
      case .assertion(let assertion):
        let holds =
          switch assertion {
          case .lineStart: before == .start
          case .lineEnd: value == PatternMatcher.end
          case .wordEdge: (before == .word) != isWord
          case .noWordEdge: (before == .word) == isWord
          }
        if holds { open.append(place + 1) }
      }
    }
  }

  private mutating func number(of key: Key) -> Int32 {
    if let known = numbers[key] { return known }
    if states.count >= PatternMatcher.mostStates {
      states.removeAll()
      numbers.removeAll()
    }
    let number = Int32(states.count)
    states.append(State(key: key))
    numbers[key] = number
    return number
  }
}

/// Puts scalars together from bytes that come one by one.
struct ScalarDecoder {
  private var value: UInt32 = 0
  private var missing = 0
  private var lowest: UInt32 = 0
  private static let replacement: UInt32 = 0xFFFD

  init() {}

  /// Whether no scalar is begun.
  var isEmpty: Bool { missing == 0 }

  /// Takes a byte, and returns the scalars that are complete or known to be broken: none, one or two.
  mutating func take(_ byte: UInt8) -> [UInt32] {
    if missing > 0 {
      if byte & 0xC0 == 0x80 {
        value = value << 6 | UInt32(byte & 0x3F)
        missing -= 1
        if missing > 0 { return [] }
        let isScalar = value >= lowest && Unicode.Scalar(value) != nil
        return [isScalar ? value : ScalarDecoder.replacement]
      }
      missing = 0
      return [ScalarDecoder.replacement] + take(byte)
    }
    switch byte {
    case 0..<0x80: return [UInt32(byte)]
    case 0xC2..<0xE0: begin(byte & 0x1F, missing: 1, lowest: 0x80)
    case 0xE0..<0xF0: begin(byte & 0x0F, missing: 2, lowest: 0x800)
    case 0xF0..<0xF5: begin(byte & 0x07, missing: 3, lowest: 0x1_0000)
    default: return [ScalarDecoder.replacement]
    }
    return []
  }

  /// What the end of the bytes makes of a scalar that is begun.
  mutating func finish() -> UInt32? {
    defer { missing = 0 }
    return missing > 0 ? ScalarDecoder.replacement : nil
  }

  private mutating func begin(_ bits: UInt8, missing: Int, lowest: UInt32) {
    value = UInt32(bits)
    self.missing = missing
    self.lowest = lowest
  }
}
