internal import Models

extension AgentRoles {
  /// Chooses a role for work of which nobody named one, and says why, in one sentence. The same prompt and roles give the same
  /// choice; nobody is asked, no model either.
  public func select(for prompt: String) -> (role: AgentRole, why: String) {
    let words = PromptWords(prompt)
    if let named = named(in: prompt) { return (named, "the prompt names the agent \(PlainText.quotable(named.name))") }
    let fits = RoleIndex(candidates(words)).fits(words)
    guard let best = fits.first, best.isClear else {
      return (general, "no agent's description fits the prompt clearly")
    }
    let reasons = best.words.prefix(4).map { "'\(PlainText.quotable($0))'" }.joined(separator: ", ")
    return (best.role, "its description fits the prompt best: \(reasons)")
  }

  /// The role that the prompt names: `@name`, or `the NAME agent`.
  private func named(in prompt: String) -> AgentRole? {
    let pieces = prompt.unicodeScalars.prefix(PromptWords.maxScalars).split {
      $0.properties.isWhitespace || ",;:()\"'`!?".unicodeScalars.contains($0)
    }.map { String($0) }
    for (index, piece) in pieces.enumerated() {
      let isLast = index + 1 == pieces.count
      let word = piece.hasSuffix(".") ? String(piece.dropLast()) : piece
      if word.hasPrefix("@"), let role = self[String(word.dropFirst())] { return role }
      let next = isLast ? "" : pieces[index + 1].lowercased().filter { $0.isLetter }
      if next == "agent" || next == "subagent", let role = self[word] { return role }
    }
    return nil
  }

  /// The roles that can do what is asked: work that changes files is not for those that only read.
  private func candidates(_ words: PromptWords) -> [AgentRole] {
    all.filter { role in
      role.isSelectable && RoleName.key(role.name) != RoleName.key(BuiltInRoles.generalName)
        && (!words.asksForChange || role.canChange)
    }
  }
}

/// Descriptions of roles, with what their words weigh.
struct RoleIndex {
  struct Fit {
    let role: AgentRole
    let score: Double
    /// The words that count, the heaviest first.
    let words: [String]
    let isClear: Bool
  }

  private struct Entry {
    let role: AgentRole
    /// How much each word of the description weighs, before its rarity counts.
    var weights: [String: Double]
    var nameWords: Set<String>
  }

  private var entries: [Entry] = []
  private var rarity: [String: Double] = [:]

  init(_ roles: [AgentRole]) {
    let counted = roles.map { role in
      (role, PromptWords(role.description, limit: RoleText.maxDescription), PromptWords(role.name))
    }
    let mean = max(1, counted.reduce(0) { $0 + $1.1.all.count } / max(1, counted.count))
    var holders: [String: Int] = [:]
    for (role, description, name) in counted {
      var counts: [String: Int] = [:]
      for word in description.all { counts[word, default: 0] += 1 }
      let nameWords = Set(name.all)
      // Okapi BM25: a word said often, and a short description, weigh more, but not without bound.
      let length = 0.25 + 0.75 * Double(description.all.count) / Double(mean)
      var weights = counts.mapValues { Double($0) * 2.2 / (Double($0) + 1.2 * length) }
      for word in nameWords { weights[word, default: 0] += 1.5 }
      for word in weights.keys { holders[word, default: 0] += 1 }
      entries.append(Entry(role: role, weights: weights, nameWords: nameWords))
    }
    for (word, count) in holders { rarity[word] = RoleIndex.logarithm(of: 1 + Double(entries.count) / Double(count)) }
  }

  /// The roles that share words with the prompt, the best first; equal ones by name.
  func fits(_ prompt: PromptWords) -> [Fit] {
    let asked = prompt.distinct
    return entries.compactMap { fit($0, asked, prompt) }.sorted {
      $0.score != $1.score ? $0.score > $1.score : $0.role.name < $1.role.name
    }
  }

  private func fit(_ entry: Entry, _ asked: [String], _ prompt: PromptWords) -> Fit? {
    var found: [(word: String, score: Double)] = []
    for word in asked {
      guard let weight = entry.weights[word], let rarity = rarity[word] else { continue }
      // What a prompt begins with says what is to be done; the rest says to what.
      found.append((word, weight * rarity * (prompt.isEarly(word) ? 1.5 : 1)))
    }
    guard !found.isEmpty else { return nil }
    found.sort { $0.score != $1.score ? $0.score > $1.score : $0.word < $1.word }
    var score = found.reduce(0) { $0 + $1.score }
    // Kinds of work and how hard they look decide between roles that fit alike.
    if let tier = entry.role.tier.flatMap(ModelTier.init(word:)) {
      if prompt.kindTiers.contains(tier) { score += 0.3 }
      if prompt.complexity == tier { score += 0.1 }
    }
    let isNamed = found.contains { entry.nameWords.contains($0.word) }
    let isClear = score >= 1.2 && (found.count >= 2 || isNamed || prompt.isEarly(found[0].word))
    return Fit(role: entry.role, score: score, words: found.map { prompt.spelling(of: $0.word) }, isClear: isClear)
  }

  /// The natural logarithm of a number above 0. Its own, so that every platform chooses alike.
  private static func logarithm(of value: Double) -> Double {
    let fraction = value.significand
    let ratio = (fraction - 1) / (fraction + 1)
    var power = ratio
    var sum = 0.0
    for n in stride(from: 1.0, through: 21, by: 2) {
      sum += power / n
      power *= ratio * ratio
    }
    return 2 * sum + Double(value.exponent) * 0.693147180559945309
  }
}
