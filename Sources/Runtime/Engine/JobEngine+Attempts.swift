import Clocks
import Jobs

// One attempt of a job, from its slot to its outcome.
extension JobEngine {
  /// Makes one attempt. The job is in the phase `active` all the time.
  func attempt(_ id: JobID) async {
    if let error = await intentFault(id) {
      let outcome = JobOutcome.failed(
        .spawnFailed, error: "not started: the job could not be recorded: \(error)")
      perform { $0.endUnrecorded(id, outcome) }
      return
    }
    guard let beginning = perform({ $0.attemptBegins(id) }), let job = await withWorktree(beginning) else { return }
    let (work, variables) = filledWork(of: job)
    switch work {
    case .shell(let line): await runCommand(job, .shell(line), variables)
    case .arguments(let words): await runCommand(job, .arguments(words), variables)
    case .function: await runFunction(job)
    case .prompt(let prompt): await runAgent(job, prompt)
    }
  }

  /// Waits until the registry knows the job; returns why it does not, once that has been tried long enough.
  private func intentFault(_ id: JobID) async -> RegistryError? {
    var patience = StorageBackoff()
    while true {
      let intent = await withCheckedContinuation { continuation in
        let settled = perform { state -> LiveJob.Intent? in
          guard let job = state.jobs[id] else { return .durable }
          guard case .writing = job.intent else { return job.intent }
          state.jobs[id]?.intentWaiters.append(continuation)
          return nil
        }
        if let settled { continuation.resume(returning: settled) }
      }
      guard case .failed(let error) = intent else { return nil }
      guard let pause = patience.pause(after: error) else { return error }
      // Never cancelled: see EngineState.Effect.attempt.
      try? await Task.pause(for: pause)
      perform { $0.rewriteIntent(id) }
    }
  }

  /// The prompt of an attempt, from 1: the task's own, or a simpler one; `previous` is what the attempt before got, and
  /// `error` why it failed. Fails with why the script's function gave none.
  func prompt(
    of job: LiveJob, original: String, attempt: Int, previous: String?, error: String
  ) async -> Result<String, PromptSimplification.Failure> {
    switch PromptSimplification.source(
      of: attempt, original: original, previous: previous, job.spec.simplify)
    {
    case .given(let prompt): return .success(prompt)
    case .function(let previous):
      let call = FunctionCall.simplification(prompt: previous, attempt: attempt, error: error)
      switch await callFunction(of: job.state.record, call) {
      case .returned(let output, _): return .success(String(decoding: output, as: UTF8.self))
      case .raised(let message, _): return .failure(PromptSimplification.Failure(sentence: message))
      case .cancelled, .decided:
        return .failure(PromptSimplification.Failure(sentence: "the part of the script that was to say it ended"))
      }
    }
  }
}
