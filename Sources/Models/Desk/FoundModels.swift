import WireText

/// What a server says about the models that it serves: its answer to `GET …/models`. Pure.
struct FoundModels: Hashable, Sendable {
  struct Model: Hashable, Sendable {
    let name: String
    /// The tokens of its window, where the server says so.
    let window: Int?
  }

  let models: [Model]

  /// Nil for an answer that is no list of models.
  init?(answer: JSONValue) {
    guard let list = answer["data"]?.array else { return nil }
    models = list.compactMap { entry in
      guard let name = entry["id"]?.string, !name.isEmpty, !FoundModels.isNoTalker(name) else { return nil }
      let window =
        entry["max_model_len"]?.integer ?? entry["context_length"]?.integer ?? entry["context_window"]?.integer
        ?? entry["meta"]?["n_ctx"]?.integer
      return Model(name: name, window: window.flatMap { $0 > 0 ? Int(clamping: $0) : nil })
    }
  }

  /// Models that embed, rank, hear or paint do not converse.
  private static func isNoTalker(_ name: String) -> Bool {
    let name = ASCIIText.lowered(name)
    return ["embed", "rerank", "whisper", "tts", "dall-e", "bge-", "moderation", "image"].contains { name.contains($0) }
  }

  /// As models to choose from, for one's own: a single one does the work of all tiers, several each that of its size.
  func routed(_ provider: ModelProvider, _ prices: PriceTable) -> [RoutedModel] {
    models.map { model in
      RoutedModel(
        name: ModelName(provider: provider.name, model: model.name), tier: FoundModels.tier(of: model.name),
        price: prices.price(of: model.name, provider: provider), window: model.window,
        seesImages: FoundModels.seesImages(model.name))
    }
  }

  private static func seesImages(_ name: String) -> Bool {
    let name = ASCIIText.lowered(name)
    return ["vl", "vision", "llava", "gemma3", "gemma-3", "gpt", "claude", "pixtral"].contains { name.contains($0) }
  }

  /// A guess at what a model is able to do, from its name: a word of its maker's (`mini`, `opus`), or its parameters (`7b`).
  static func tier(of name: String) -> ModelTier {
    let name = ASCIIText.lowered(name)
    if ["haiku", "mini", "nano", "luna", "flash", "small", "lite", "instant", "tiny", "smol"].contains(
      where: name.contains)
    {
      return .fast
    }
    if ["opus", "fable", "ultra", "-max", "-pro", "large"].contains(where: name.contains) { return .best }
    guard let billions = billions(name) else { return .balanced }
    return billions < 10 ? .fast : billions < 100 ? .balanced : .best
  }

  /// The largest `<number>b` in a name, the whole of a mixture's experts (`8x7b`) for a product; `135m` is a fraction.
  private static func billions(_ name: String) -> Double? {
    var found: Double?
    for word in name.split(whereSeparator: { !$0.isASCII || "-_:/ @".contains($0) }) {
      let factors = word.dropLast().split(separator: "x").map { Double($0) }
      guard !factors.isEmpty, let unit = word.last, unit == "b" || unit == "m" else { continue }
      let product = factors.reduce(1.0) { product, factor in product * (factor ?? .nan) }
      guard product.isFinite, product > 0 else { continue }
      found = max(found ?? 0, unit == "b" ? product : product / 1000)
    }
    return found
  }
}
