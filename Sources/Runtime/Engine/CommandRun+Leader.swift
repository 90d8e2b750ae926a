internal import CProcess
import Jobs
import Subprocess

#if canImport(System)
  import System
#else
  import SystemPackage
#endif
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

  /// What the task that watched the leader has to say of it.
  private struct Attendance: Sendable {
    let process: StartedProcess
    let stop: StopCause?
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

  private func program() throws(SpawnFailure) -> (Executable, Arguments) {
    switch order.work {
    case .shell(let line):
      guard !line.utf8.contains(0) else { throw .final("the command holds a zero byte") }
      return (.path("/bin/sh"), Arguments(executablePathOverride: "sh", remainingValues: ["-c", line]))
    case .arguments(let words):
      guard let name = words.first else { throw .final("the command is an empty list") }
      if let index = words.firstIndex(where: { $0.utf8.contains(0) }) {
        throw .final("word \(index + 1) of the command holds a zero byte")
      }
      let searchPath = JobEnvironment.searchPath(in: order.environment)
      guard !name.isEmpty, let path = ProgramSearch.path(of: name, searchPath: searchPath) else {
        throw .final(diagnosis(nil))
      }
      let arguments = Arguments(executablePathOverride: name, remainingValues: Array(words.dropFirst()))
      return (.path(FilePath(path)), arguments)
    }
  }

  private func spawn(_ program: (Executable, Arguments)) async throws(SpawnFailure) -> (CommandReport, leader: Int?) {
    let (input, output) = try descriptors()
    var options = PlatformOptions()
    options.createSession = true
    let configuration = Configuration(
      executable: program.0, arguments: program.1, environment: .custom(order.environment),
      workingDirectory: order.workingDirectory.map { FilePath($0) }, platformOptions: options)
    do {
      let result = try await Subprocess.run(
        configuration,
        input: .fileDescriptor(
          FileDescriptor(rawValue: input ?? ChildDescriptors.null), closeAfterSpawningProcess: input != nil),
        output: .fileDescriptor(FileDescriptor(rawValue: output), closeAfterSpawningProcess: true),
        error: .fileDescriptor(FileDescriptor(rawValue: output), closeAfterSpawningProcess: true)
      ) { execution in
        await attend(execution.processIdentifier)
      }
      return report(result.terminationStatus, result.closureResult)
    } catch {
      throw failure(error)
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

  private func report(_ status: TerminationStatus, _ attendance: Attendance) -> (CommandReport, leader: Int?) {
    let end: CommandReport.End =
      switch status {
      case .exited(let code): .exited(code: Int(code))
      case .signaled(let number): .signalled(Int(number))
      }
    return (CommandReport(end: end, stop: attendance.stop, process: attendance.process), attendance.process.pid)
  }

  private func failure(_ error: any Error) -> SpawnFailure {
    guard let error = error as? SubprocessError else { return .final("the process could not be started: \(error)") }
    let number = error.underlyingError?.rawValue
    if let number, SpawnPatience.mayPass(number) { return .scarce(number) }
    switch error.code {
    case .failedToChangeWorkingDirectory:
      return .final(ProgramSearch.diagnosis(ofFolder: order.workingDirectory ?? "."))
    case .executableNotFound: return .final(diagnosis(nil))
    case .spawnFailed where number != nil: return .final(diagnosis(number))
    default: return .final("the process could not be started: \(error)")
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
  /// Acts on what happens to the leader until it has ended. It is reaped after this returns, not before, so its number and
  /// its group's are its own all the time.
  private func attend(_ child: ProcessIdentifier) async -> Attendance {
    let pid = Int(child.value)
    let process = StartedProcess(pid: pid, startTime: ProcessIdentity.startTime(ofProcess: pid))
    publish(.running(process))
    let look = ExitWatch.shared.whenEnded(child) { [inbox] in inbox.post(.ended) } ? nil : lookForEnd(of: child.value)
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
        let attendance = Attendance(process: process, stop: stop)
        if child.isUnheard { await leaveLibrary(child.value, attendance) }
        return attendance
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
      for action in actions { perform(action, on: child.value, timers: &timers) }
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

  /// Reaps the leader and concludes the execution, because the library would wait for its end for ever; its task stays.
  private func leaveLibrary(_ child: pid_t, _ attendance: Attendance) async {
    var status: Int32 = 0
    while waitpid(child, &status, 0) < 0 && errno == EINTR {}
    let number = status & 0x7F
    let end: CommandReport.End =
      number == 0 ? .exited(code: Int((status >> 8) & 0xFF)) : .signalled(Int(number))
    await conclude(CommandReport(end: end, stop: attendance.stop, process: attendance.process), leader: Int(child))
  }

  /// Where the system cannot tell of the end, looks for it again and again.
  private func lookForEnd(of child: pid_t) -> Task<Void, Never> {
    Task { [inbox] in
      while !Task.isCancelled {
        var info = siginfo_t()
        let result = waitid(P_PID, id_t(child), &info, WEXITED | WNOHANG | WNOWAIT)
        if result != 0 && errno != EINTR || info.si_signo == SIGCHLD { return inbox.post(.ended) }
        // Cancelled only when nobody waits for the end any more.
        try? await Task.sleep(for: .milliseconds(20))
      }
    }
  }
}

extension ProcessIdentifier {
  /// Whether the library will never hear of this process's end: it waits by descriptors, and there was none left for this one.
  fileprivate var isUnheard: Bool {
    #if os(Linux)
      guard processDescriptor < 0 else { return false }
      let own = cprocess_open(getpid())
      if own >= 0 { close(own) }
      return own >= 0 || errno != ENOSYS
    #else
      return false
    #endif
  }
}
