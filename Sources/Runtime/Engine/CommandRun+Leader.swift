import Jobs

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

extension CommandRun {
  /// How long a killed process may take to be gone.
  private static let killTime = Duration.seconds(10)

  private enum SpawnFailure: Error {
    /// The system is out of something for now.
    case scarce(Int32)
    /// Another try would fail too, for the reason given in one sentence.
    case final(String)
  }

  /// Starts the leader and waits for its end. There is no number if there was no leader.
  func execute() async -> (CommandReport, leader: Int?) {
    var patience = SpawnPatience()
    while true {
      if let cause = stopCause { return (CommandReport(end: .withdrawn, stop: cause), nil) }
      do throws(SpawnFailure) {
        return try await spawn(try program())
      } catch {
        switch error {
        case .final(let sentence):
          return (CommandReport(end: .notStarted(sentence)), nil)
        case .scarce(let number):
          guard let pause = patience.pause(after: number) else {
            return (CommandReport(end: .notStarted(SpawnPatience.sentence(for: number))), nil)
          }
          await wait(pause)
        }
      }
    }
  }

  /// Waits, unless somebody stops the execution meanwhile.
  private func wait(_ pause: Duration) async {
    let alarm = inbox.post(.pauseOver, after: pause)
    // Before there is a process nothing is posted but the alarm and what stops the execution.
    _ = await inbox.next()
    alarm.cancel()
  }

  private func program() throws(SpawnFailure) -> (path: String, arguments: [String]) {
    switch order.work {
    case .shell(let line):
      guard !line.utf8.contains(0) else { throw .final("the command holds a zero byte") }
      return ("/bin/sh", ["sh", "-c", line])
    case .arguments(let words):
      guard let name = words.first else { throw .final("the command is an empty list") }
      if let index = words.firstIndex(where: { $0.utf8.contains(0) }) {
        throw .final("word \(index + 1) of the command holds a zero byte")
      }
      let searchPath = JobEnvironment.searchPath(in: order.environment)
      guard !name.isEmpty, let path = ProgramSearch.path(of: name, searchPath: searchPath) else {
        throw .final(diagnosis(nil))
      }
      return (path, words)
    }
  }

  private func spawn(
    _ program: (path: String, arguments: [String])
  ) async throws(SpawnFailure) -> (CommandReport, leader: Int?) {
    let (input, output) = try descriptors()
    let spawn = ProcessSpawn(
      path: program.path, arguments: program.arguments, environment: order.environment,
      directory: order.workingDirectory, input: input ?? ChildDescriptors.null, output: output, error: output)
    let started = Result { () throws(ProcessSpawn.Failure) in try spawn.start() }
    close(output)
    if let input { close(input) }
    switch started {
    case .success(let child): return await attend(child)
    case .failure(let failure): throw fault(failure)
    }
  }

  /// The child's standard input, if it has one of its own, and its output.
  private func descriptors() throws(SpawnFailure) -> (input: Int32?, output: Int32) {
    var input: Int32?
    do throws(SystemCallError) {
      input = try order.input.map(ChildDescriptors.input)
      return (input, try ChildDescriptors.output(order.output))
    } catch {
      if let input { close(input) }
      if SpawnPatience.mayPass(error.number) { throw .scarce(error.number) }
      throw .final("no process could be started: \(error)")
    }
  }

  private func fault(_ failure: ProcessSpawn.Failure) -> SpawnFailure {
    switch failure.step {
    case .directory: return .final(ProgramSearch.diagnosis(ofFolder: order.workingDirectory ?? "."))
    case _ where SpawnPatience.mayPass(failure.number): return .scarce(failure.number)
    case .execution: return .final(diagnosis(failure.number))
    case .start, .descriptors, .terminal, .limits, .group, .confinement:
      return .final("the process could not be started: \(SystemMessage.text(failure.number))")
    }
  }

  private func diagnosis(_ number: Int32?) -> String {
    let name =
      switch order.work {
      case .shell: "/bin/sh"
      case .arguments(let words): words[0]
      }
    return ProgramSearch.diagnosis(
      of: name, from: order.workingDirectory, searchPath: JobEnvironment.searchPath(in: order.environment),
      errno: number)
  }
}

// MARK: - Between start and reaping

extension CommandRun {
  /// Acts on what happens to the leader until it has ended, and reaps it then, not before: so its number and its group's are
  /// its own all the time.
  private func attend(_ child: ProcessSpawn.Child) async -> (CommandReport, leader: Int?) {
    let pid = Int(child.pid)
    let process = StartedProcess(pid: pid, startTime: ProcessIdentity.startTime(ofProcess: pid))
    publish(.running(process))
    let look = ExitWatch.shared.whenEnded(child) { [inbox] in inbox.post(.ended) } ? nil : lookForEnd(of: child)
    defer { look?.cancel() }
    var timers = order.timeLimit.map { [inbox.post(.stop(.timeLimit), after: $0)] } ?? []
    defer { for timer in timers { timer.cancel() } }
    var kill = KillSequence(grace: grace)
    var stop: StopCause?
    while true {
      var actions: [KillSequence.Action] = []
      switch await inbox.next() {
      case .ended:
        kill.ended()
        let end: CommandReport.End =
          switch child.reap() {
          case .exited(let code): .exited(code: code)
          case .signalled(let number): .signalled(number)
          }
        return (CommandReport(end: end, stop: stop, process: process), pid)
      case .stop(let cause):
        stop = stop ?? cause
        actions = kill.ask()
      case .stopAtOnce(let cause):
        stop = stop ?? cause
        actions = kill.askAtOnce()
      case .graceOver:
        actions = kill.graceOver()
      case .killHadNoEffect:
        publish(.ended(CommandReport(end: .stuck, stop: stop, process: process)))
      case .pauseOver:
        break
      }
      for action in actions { perform(action, on: child.pid, timers: &timers) }
    }
  }

  private func perform(_ action: KillSequence.Action, on leader: pid_t, timers: inout [Task<Void, Never>]) {
    switch action {
    case .terminate:
      kill(-leader, SIGTERM)
      kill(-leader, SIGCONT)
    case .kill:
      kill(-leader, SIGKILL)
      timers.append(inbox.post(.killHadNoEffect, after: CommandRun.killTime))
    case .wait(let time):
      timers.append(inbox.post(.graceOver, after: time))
    }
  }

  /// Where the system cannot tell of the end, looks for it again and again.
  private func lookForEnd(of child: ProcessSpawn.Child) -> Task<Void, Never> {
    Task { [inbox] in
      while !Task.isCancelled {
        if child.hasEnded { return inbox.post(.ended) }
        // Cancelled only when nobody waits for the end any more.
        try? await Task.sleep(for: .milliseconds(20))
      }
    }
  }
}
