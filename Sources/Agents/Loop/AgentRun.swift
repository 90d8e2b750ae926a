import Models
internal import Synchronization

/// One agent at work: asks the model, calls the tools, until there is an answer or a limit. It acts; `AgentState` decides.
///
/// To cancel it, cancel the Swift task that runs it: a stream and the tools that run are cancelled, each call gets its result,
/// and the end is `cancelled`. A tool that does not listen is left to itself after ten seconds.
public final class AgentRun: Sendable {
  private struct Inbox {
    var words: [String] = []
    var hasBegun = false
    var isOver = false
  }

  private let order: AgentOrder
  private let surroundings: AgentSurroundings
  private let inbox = Mutex(Inbox())

  /// An agent that has not begun.
  public init(_ order: AgentOrder, _ surroundings: AgentSurroundings) {
    self.order = order
    self.surroundings = surroundings
  }

  /// Has somebody's words join the conversation before the next turn of the model; during a tool's call that is after it. An
  /// answer that comes meanwhile is not the last one. False if the agent is over, and nobody will read them.
  @discardableResult
  public func steer(_ text: String) -> Bool {
    inbox.withLock { inbox in
      guard !inbox.isOver else { return false }
      inbox.words.append(text)
      return true
    }
  }

  /// Works until the end. May be called once.
  public func run() async -> AgentEnd {
    let isFirst = inbox.withLock { inbox in
      defer { inbox.hasBegun = true }
      return !inbox.hasBegun
    }
    precondition(isFirst, "an agent ran twice")
    var state = AgentState(order)
    refresh(&state)
    var step = state.begin()
    while true {
      for event in state.takeEvents() { await surroundings.tell(event) }
      switch step {
      case .ask(let request): step = await ask(request, &state)
      case .call(let calls): step = await call(calls, &state)
      case .end(let result): return finish(result, state)
      }
    }
  }

  /// Brings in what the state has to know of the world.
  private func refresh(_ state: inout AgentState) {
    state.window = surroundings.window()
    state.steers += inbox.withLock { inbox in
      defer { inbox.words = [] }
      return inbox.words
    }
  }

  private func ask(_ request: ModelRequest, _ state: inout AgentState) async -> AgentState.Step {
    let tell = surroundings.tell
    let outcome: Result<ModelTurn, ModelFailure>
    if Task.isCancelled {
      outcome = .failure(.cancelled)
    } else {
      do throws(ModelFailure) {
        let turn = try await surroundings.turn(request) { events in
          for event in events {
            switch event {
            case .text(let text): await tell(.text(text))
            case .thinking(let text): await tell(.thinking(text))
            default: break
            }
          }
        }
        outcome = .success(turn)
      } catch {
        outcome = .failure(Task.isCancelled ? .cancelled : error)
      }
    }
    refresh(&state)
    switch outcome {
    case .success(let turn): return state.answered(turn)
    case .failure(let failure): return state.failed(failure)
    }
  }

  private func call(_ calls: [PlannedCall], _ state: inout AgentState) async -> AgentState.Step {
    let crew = ToolCrew(order: order, surroundings: surroundings, resultLimit: state.resultLimit)
    let (results, ending) = await crew.work(calls)
    refresh(&state)
    return state.called(results, ending: Task.isCancelled ? .cancelled : ending)
  }

  private func finish(_ result: AgentResult, _ state: AgentState) -> AgentEnd {
    let late = inbox.withLock { inbox in
      inbox.isOver = true
      defer { inbox.words = [] }
      return inbox.words
    }
    return AgentEnd(
      result: result, usage: state.usage, cost: state.cost, unpricedTurns: state.unpricedTurns, turns: state.turns,
      lastText: state.lastText, isCutOff: state.isCutOff, unheard: state.steers + late)
  }
}
