internal import Models

/// The words of a text that say something, in small letters and without endings.
struct PromptWords {
  static let maxScalars = 8000

  /// All of them in order.
  private(set) var all: [String] = []
  /// The tiers of the kinds of work that the text names.
  private(set) var kindTiers: Set<ModelTier> = []
  /// The tier that the text's difficulty asks for.
  let complexity: ModelTier
  /// Whether files are to be changed by it.
  private(set) var asksForChange = false
  private var spellings: [String: String] = [:]
  private var places: [String: Int] = [:]

  init(_ text: String, limit: Int = PromptWords.maxScalars) {
    complexity = ComplexityEstimate(prompt: text).tier
    var words: [String] = []
    var word = String.UnicodeScalarView()
    for scalar in text.unicodeScalars.prefix(limit) {
      if scalar.properties.isAlphabetic || (0x30...0x39).contains(scalar.value) {
        word.append(scalar)
      } else if !word.isEmpty {
        words.append(String(word).lowercased())
        word.removeAll()
      }
    }
    if !word.isEmpty { words.append(String(word).lowercased()) }
    take(words)
  }

  private mutating func take(_ words: [String]) {
    asksForChange = PromptWords.asksForChange(words)
    for word in words where !PromptWords.silent.contains(word) && word.utf8.count > 1 {
      if let tier = WorkKind.tiers[word] { kindTiers.insert(tier) }
      let stem = PromptWords.stem(word)
      if places[stem] == nil {
        places[stem] = all.count
        spellings[stem] = word
      }
      all.append(stem)
    }
  }

  /// Each word once, in order.
  var distinct: [String] { places.sorted { $0.value < $1.value }.map(\.key) }

  /// Whether a word is among the first eight.
  func isEarly(_ word: String) -> Bool { places[word].map { $0 < 8 } ?? false }

  /// A word as the text has it.
  func spelling(of word: String) -> String { spellings[word] ?? word }

  /// English endings off, so that `searches`, `searching` and `search` are one word.
  private static func stem(_ word: String) -> String {
    if let same = irregular[word] { return same }
    guard word.utf8.count > 4, word.utf8.allSatisfy({ $0 < 0x80 }) else {
      return word.utf8.count == 4 && word.hasSuffix("s") && !word.hasSuffix("ss") ? String(word.dropLast()) : word
    }
    var stem = word
    if stem.hasSuffix("ies") {
      stem = stem.dropLast(3) + "y"
    } else if stem.hasSuffix("sses") || stem.hasSuffix("ches") || stem.hasSuffix("shes") || stem.hasSuffix("xes") {
      stem = String(stem.dropLast(2))
    } else if stem.hasSuffix("s"), !stem.hasSuffix("ss"), !stem.hasSuffix("us"), !stem.hasSuffix("is") {
      stem = String(stem.dropLast())
    }
    for ending in ["ations", "ation", "ions", "ion", "ing", "ers", "er", "ed", "e"]
    where stem.hasSuffix(ending) && stem.utf8.count - ending.utf8.count >= 4 {
      stem = String(stem.dropLast(ending.utf8.count))
      break
    }
    // `running` and `planned` double a letter.
    let last = stem.suffix(2)
    if last.utf8.count == 2, last.first == last.last, !["ll", "ss", "ee", "zz"].contains(String(last)), stem != word {
      stem = String(stem.dropLast())
    }
    return stem
  }

  private static let irregular = [
    "found": "find", "ran": "run", "built": "build", "written": "write", "tests": "test", "testing": "test",
    "tested": "test", "planning": "plan", "plans": "plan", "planned": "plan", "running": "run", "runs": "run",
    "analyse": "analy", "analyze": "analy", "analysis": "analy", "analyses": "analy", "analyzing": "analy",
    "finding": "find", "finds": "find", "db": "database",
  ]

  private static let silent: Set<String> = [
    "the", "an", "and", "or", "of", "to", "in", "on", "at", "by", "for", "from", "with", "without", "into", "as", "is",
    "are", "was", "were", "be", "been", "it", "its", "this", "that", "these", "those", "there", "then", "than", "if",
    "so",
    "no", "not", "do", "does", "did", "done", "has", "have", "had", "can", "could", "should", "would", "will", "shall",
    "may", "might", "must", "you", "your", "we", "our", "us", "me", "my", "he", "she", "they", "them", "their", "who",
    "whom", "when", "while", "any", "all", "some", "each", "every", "one", "two", "also", "only", "just", "very",
    "more",
    "most", "other", "such", "about", "after", "before", "please", "use", "used", "using", "agent", "agents", "task",
    "user", "assistant", "example", "examples", "context", "commentary", "because", "need", "needs", "want", "wants",
    "let", "here", "what", "how", "which", "where", "why", "well", "out", "up", "over", "own", "proactively", "expert",
    "specialist", "anything", "something", "changing", "work", "works", "invoke", "whenever", "make", "get", "them",
  ]

  private static let changing: Set<String> = [
    "fix", "repair", "implement", "write", "edit", "add", "change", "modify", "refactor", "rename", "remove", "delete",
    "update", "create", "replace", "migrate", "rewrite", "insert", "install", "port", "convert", "upgrade", "bump",
    "apply", "correct", "patch", "commit", "format",
  ]

  private static let reported: Set<String> = [
    "report", "summary", "plan", "list", "overview", "analysis", "review", "answer", "table", "description", "outline",
    "proposal", "explanation", "comparison", "strategy", "design", "roadmap", "assessment", "estimate", "diagram",
  ]

  /// A change is asked for where a verb for it stands at the beginning of the text or behind a word that joins; but not where
  /// what is to be written is a report.
  private static func asksForChange(_ words: [String]) -> Bool {
    let joints: Set<String> = [
      "and", "then", "to", "please", "also", "must", "should", "or", "now", "you", "can", "just",
    ]
    for (index, word) in words.enumerated() where changing.contains(word) {
      guard index == 0 || joints.contains(words[index - 1]) else { continue }
      if index > 0, words[index - 1] == "to", index > 1,
        ["how", "where", "what", "way", "plan"].contains(words[index - 2])
      {
        continue
      }
      if !words[(index + 1)...].prefix(4).contains(where: reported.contains) { return true }
    }
    return false
  }
}
