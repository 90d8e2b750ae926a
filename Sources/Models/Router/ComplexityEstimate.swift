/// How hard a prompt looks, for work of which nobody said it.
///
/// It is a guess from length and vocabulary over the first 600 bytes, cheap and the same every time, and it never chooses the
/// best tier: that costs, and is for people and scripts to say.
public struct ComplexityEstimate: Hashable, Sendable {
  /// Above zero is hard.
  public let score: Int

  /// The tier that the guess asks for.
  public var tier: ModelTier { score > 0 ? .balanced : .fast }

  /// Looks at a prompt.
  public init(prompt: String) {
    let length = prompt.utf8.count
    let base = length > 4000 ? 2 : length > 1200 ? 1 : -1
    let words =
      prompt.utf8.withContiguousStorageIfAvailable { ComplexityEstimate.weigh($0.prefix(600)) }
      ?? Array(prompt.utf8.prefix(600)).withUnsafeBufferPointer { ComplexityEstimate.weigh($0[...]) }
    score = base + words
  }

  private static func weigh(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> Int {
    let table = vocabulary
    var sum = 0
    var hash = start
    var isWord = false
    for byte in bytes {
      let small = byte | 0x20
      if (0x61...0x7A).contains(small) {
        hash = (hash ^ UInt64(small)) &* prime
        isWord = true
      } else if isWord {
        sum += table.weight(hash)
        hash = start
        isWord = false
      }
    }
    return isWord ? sum + table.weight(hash) : sum
  }

  // FNV-1a.
  private static let start: UInt64 = 0xCBF2_9CE4_8422_2325
  private static let prime: UInt64 = 0x100_0000_01B3

  /// Words by their hashes, in a table of their own: `Dictionary` would hash the hashes again, at four times the price.
  private struct Vocabulary: Sendable {
    private var keys = [UInt64](repeating: 0, count: 256)
    private var weights = [Int8](repeating: 0, count: 256)

    mutating func add(_ word: String, _ weight: Int8) {
      let hash = word.utf8.reduce(start) { ($0 ^ UInt64($1)) &* prime }
      var place = Int(truncatingIfNeeded: hash >> 32) & 255
      while keys[place] != 0 { place = (place + 1) & 255 }
      keys[place] = hash
      weights[place] = weight
    }

    func weight(_ hash: UInt64) -> Int {
      var place = Int(truncatingIfNeeded: hash >> 32) & 255
      while keys[place] != 0 {
        if keys[place] == hash { return Int(weights[place]) }
        place = (place + 1) & 255
      }
      return 0
    }
  }

  private static let vocabulary: Vocabulary = {
    let hard = [
      "architecture", "concurrency", "debug", "decide", "deadlock", "design", "diagnose", "implement", "migrate",
      "optimize", "plan", "prove", "race", "refactor", "review", "rewrite", "root", "security", "strategy", "threat",
      "tradeoff", "why",
    ]
    let easy = [
      "count", "extract", "fetch", "find", "format", "grep", "list", "locate", "name", "print", "read", "rename",
      "search", "show", "summarise", "summarize", "translate", "where", "which",
    ]
    var vocabulary = Vocabulary()
    for word in hard { vocabulary.add(word, 1) }
    for word in easy { vocabulary.add(word, -1) }
    return vocabulary
  }()
}
