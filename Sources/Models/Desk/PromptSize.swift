/// How many tokens a request's prompt may have, before anybody counted them.
enum PromptSize {
  /// What the providers count for a picture of the size that they take, at most.
  private static let picture = 2000

  /// From the request's body in its wire format; pictures count as pictures, not as the text that they travel as.
  static func tokens(_ request: ModelRequest, for provider: ModelProvider) -> Int {
    let bytes =
      switch provider.format {
      case .anthropic: AnthropicBody.bytes(request).count
      case .chat: ChatBody.bytes(request, provider.quirks).count
      }
    var pictures = 0
    var pictureBytes = 0
    func count(_ image: ModelImage) {
      pictures += 1
      pictureBytes += image.base64.utf8.count
    }
    for part in request.messages.lazy.flatMap(\.parts) {
      switch part {
      case .image(let image): count(image)
      case .toolResult(let result): result.images.forEach(count)
      default: break
      }
    }
    return TokenEstimate.tokens(bytes: bytes - pictureBytes) + pictures * picture
  }
}
