internal import Synchronization

/// What is seen of an answer while it comes: when its first word came, and what it has taken so far. An answer that breaks off
/// was not free, though nobody counted it for us.
final class AnswerWatch: Sendable {
  private struct State {
    var hasBegun = false
    var start: Duration
    var firstWord: Duration?
    var usage = TokenUsage()
    var bytes = 0
  }

  private let state: Mutex<State>
  /// The tokens of the prompt, estimated.
  private let prompt: Int

  init(prompt: Int) {
    self.prompt = prompt
    state = Mutex(State(start: ModelDesk.now()))
  }

  func begin() { state.withLock { $0.hasBegun = true } }

  func take(_ events: [ModelEvent]) {
    state.withLock { state in
      for event in events {
        switch event {
        case .text(let text), .thinking(let text), .toolArguments(_, let text):
          state.bytes += text.utf8.count
          if state.firstWord == nil { state.firstWord = ModelDesk.now() - state.start }
        case .toolCallStarted: if state.firstWord == nil { state.firstWord = ModelDesk.now() - state.start }
        case .usage(let usage): state.usage = usage
        case .started, .toolCall, .keepAlive: break
        }
      }
    }
  }

  /// From the call to the first word.
  var firstWord: Duration? { state.withLock { $0.firstWord } }

  /// What the call has taken though it was not answered to its end: what the provider told, and where it did not tell, an estimate
  /// from what came. Nothing if the provider had not begun to answer.
  func usage(told: TokenUsage?) -> TokenUsage {
    state.withLock { state in
      var usage = told ?? state.usage
      guard state.hasBegun, state.bytes > 0 || usage != TokenUsage() else { return usage }
      if usage.prompt == 0 { usage.input = prompt }
      usage.output = max(usage.output, (state.bytes + 3) / 4)
      return usage
    }
  }
}
