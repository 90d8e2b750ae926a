import Clocks
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

  /// What an execution came to; its leader's number, if there was one; the group it was in, if it had one.
  typealias Execution = (report: CommandReport, leader: Int?, group: ControlGroup?)

  /// Starts the leader and waits for its end. There is no number if there was no leader.
  func execute() async -> Execution {
    var patience = SpawnPatience()
    while true {
      if let cause = stopCause { return (CommandReport(end: .withdrawn, stop: cause), nil, nil) }
      do throws(SpawnFailure) {
        return try await spawn(try program())
      } catch {
        switch error {
        case .final(let sentence):
          return (CommandReport(end: .notStarted(sentence)), nil, nil)
        case .scarce(let number):
          guard let pause = patience.pause(after: number) else {
            return (CommandReport(end: .notStarted(SpawnPatience.sentence(for: number))), nil, nil)
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
  ) async throws(SpawnFailure) -> Execution {
    let ends = try descriptors()
    defer { ends.terminal?.finish() }
    let sandbox: SandboxLaunch?
    do throws(SandboxFailure) {
      sandbox = try sandboxLaunch(program.path, ends)
    } catch {
      ends.close()
      if case .system(let number) = error.code, SpawnPatience.mayPass(number) { throw .scarce(number) }
      throw .final(error.description)
    }
    let group = ControlGroup(for: order)
    let spawn = processSpawn(program, ends, sandbox, group)
    let started: Result<ProcessSpawn.Child, ProcessSpawn.Failure>
    if sandbox == nil {
      started = Result { () throws(ProcessSpawn.Failure) in try spawn.start() }
    } else {
      started = await SpawnThread.shared.run {
        Result { () throws(ProcessSpawn.Failure) in try spawn.start() }
      }
    }
    ends.close()
    switch started {
    case .success(let child):
      let (report, leader) = await attend(child, sandbox, group)
      return (report, leader, group)
    case .failure(let failure): throw fault(failure)
    }
  }

  private func sandboxLaunch(_ program: String, _ ends: Ends) throws(SandboxFailure) -> SandboxLaunch? {
    guard let policy = order.sandbox else { return nil }
    let surroundings = SandboxSurroundings.current(
      workingDirectory: order.workingDirectory, stateDirectory: order.stateDirectory)
    let subject = SandboxLaunch.Subject(
      program: program, environment: order.environment, output: ends.output, keepsSession: order.hasTerminal)
    return try SandboxLaunch(policy, in: surroundings, for: subject)
  }

  private func processSpawn(
    _ program: (path: String, arguments: [String]), _ ends: Ends, _ sandbox: SandboxLaunch?,
    _ group: ControlGroup?
  ) -> ProcessSpawn {
    var spawn = ProcessSpawn(
      path: program.path, arguments: program.arguments, environment: order.environment,
      directory: order.workingDirectory, input: ends.input, output: ends.output, error: ends.output)
    spawn.limits = order.limits.resources
    spawn.hasTerminal = ends.terminal != nil
    // When memory runs out a job goes before us, who can still tell of it.
    spawn.badness = 300
    spawn.group = group?.processesDescriptor ?? -1
    guard let sandbox else { return spawn }
    spawn.environment = sandbox.environment
    spawn.kept = sandbox.inherited
    if let ruleset = sandbox.ruleset { spawn.confinement = (ruleset, sandbox.flags) }
    if let wrapper = sandbox.prefix.first {
      spawn.path = wrapper
      spawn.arguments = sandbox.prefix + [program.path] + program.arguments.dropFirst()
    }
    return spawn
  }

  /// What the child gets as its standard input and output.
  private struct Ends {
    let input: Int32
    let output: Int32
    let terminal: TerminalPair?

    /// Closes what the child has by now.
    func close() {
      for descriptor in Set([input, output]) where descriptor != ChildDescriptors.null { systemClose(descriptor) }
    }
  }

  private func descriptors() throws(SpawnFailure) -> Ends {
    var input: Int32?
    do throws(SystemCallError) {
      if order.hasTerminal {
        let terminal = try TerminalPair(order.output, input: order.input ?? [])
        return Ends(input: terminal.commandEnd, output: terminal.commandEnd, terminal: terminal)
      }
      input = try order.input.map(ChildDescriptors.input)
      let output = try ChildDescriptors.output(order.output)
      return Ends(input: input ?? ChildDescriptors.null, output: output, terminal: nil)
    } catch {
      if let input { systemClose(input) }
      if SpawnPatience.mayPass(error.number) { throw .scarce(error.number) }
      throw .final("no process could be started: \(error)")
    }
  }

  private func fault(_ failure: ProcessSpawn.Failure) -> SpawnFailure {
    switch failure.step {
    case .directory: return .final(ProgramSearch.diagnosis(ofFolder: order.workingDirectory ?? "."))
    case _ where SpawnPatience.mayPass(failure.number): return .scarce(failure.number)
    case .execution: return .final(diagnosis(failure.number))
    case .confinement: return .final(SandboxLaunch.sentence(forError: failure.number))
    case .start, .descriptors, .terminal, .limits, .group:
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
  private func attend(
    _ child: ProcessSpawn.Child, _ sandbox: SandboxLaunch?, _ group: ControlGroup?
  ) async -> (CommandReport, leader: Int) {
    let pid = Int(child.pid)
    let process = StartedProcess(pid: pid, startTime: ProcessIdentity.startTime(ofProcess: pid))
    begin(child)
    publish(.running(process))
    let look = KernelWatch.shared.whenEnded(child) { [inbox] in inbox.post(.ended) } ? nil : lookForEnd(of: child)
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
        let end = CommandReport.End(reap(child), in: sandbox)
        if stop == nil, group?.hasRunOutOfMemory == true { stop = .memory(order.limits.memory ?? 0) }
        return (CommandReport(end: end, stop: stop, process: process), pid)
      case .stop(let cause):
        stop = stop ?? cause
        actions = kill.ask()
        if !actions.isEmpty { beginGrace() }
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
      for action in actions { perform(action, sandbox, group, timers: &timers) }
    }
  }

  private func perform(
    _ action: KillSequence.Action, _ sandbox: SandboxLaunch?, _ group: ControlGroup?, timers: inout [Task<Void, Never>]
  ) {
    switch action {
    case .terminate where stopCause == .requestToLeader:
      signalLeader(SIGTERM)
      signalLeader(SIGCONT)
    case .kill where stopCause == .requestToLeader:
      signalLeader(SIGKILL)
      timers.append(inbox.post(.killHadNoEffect, after: CommandRun.killTime))
    case .terminate:
      signal(SIGTERM, by: sandbox)
      signal(SIGCONT, by: sandbox)
    case .kill:
      signal(SIGKILL)
      group?.kill()
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
        try? await Task.pause(for: .milliseconds(20))
      }
    }
  }
}

extension CommandReport.End {
  /// How a process ended; in a sandbox, how the command in it did.
  fileprivate init(_ end: ProcessSpawn.Child.End, in sandbox: SandboxLaunch?) {
    let plain: SandboxLaunch.Conclusion =
      switch end {
      case .exited(let code): .exited(code: code)
      case .signalled(let number): .signalled(number)
      }
    self =
      switch sandbox?.conclusion(plain) ?? plain {
      case .exited(let code): .exited(code: code)
      case .signalled(let number): .signalled(number)
      case .notStarted(let sentence): .notStarted(sentence)
      }
  }
}

/// `close(2)`, where a method hides its name.
private func systemClose(_ descriptor: Int32) { _ = close(descriptor) }
