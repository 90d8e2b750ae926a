import Dispatch
import Synchronization

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Takes jobs from their end to the registry: files first, all that wait in one batch, then the commit.
///
/// While one batch of files goes to the disk the next one gathers, and the transaction of the one before is under way.
final class JobFinisher: Sendable {
  typealias Completion = @Sendable (Result<Void, RegistryError>) -> Void

  private struct Entry {
    let job: FinishedJob
    let completion: Completion
  }

  private struct Queue {
    var entries: [Entry] = []
    var isDraining = false
    var batches = 0
  }

  /// Each job takes up to three descriptors while its batch is written.
  private static let longestBatch = 64
  /// Outputs beyond this many bytes are made durable before their job joins a batch, so as not to hold it up.
  private static let largeOutput = 4 << 20

  private let folder: String
  private let folderDescriptor: Int32
  /// Tells our temporary files from those that a dead process with the same number left behind.
  private let mark = String(UInt64.random(in: .min ... .max), radix: 36)
  private let writer: RegistryWriter
  private let crew = SyncCrew()
  private let queue = Mutex(Queue())
  private let thread = DispatchQueue(label: "agentscript.registry.files", qos: .userInitiated)
  private let largeOutputs = DispatchQueue(label: "agentscript.registry.large", attributes: .concurrent)
  /// Counts jobs that were taken in and are not yet with the writer.
  private let pending = DispatchGroup()

  init(_ directory: StateDirectory, writer: RegistryWriter) throws(RegistryError) {
    self.writer = writer
    folder = directory.jobsPath
    folderDescriptor = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard folderDescriptor >= 0 else { throw RegistryError(SystemCallError.last("open", folder)) }
  }

  deinit { close(folderDescriptor) }

  func finish(_ job: FinishedJob, _ completion: @escaping Completion) {
    pending.enter()
    let entry = Entry(job: job, completion: completion)
    guard let output = job.output, (job.change.record.outputBytes ?? 0) > JobFinisher.largeOutput else {
      return append(entry)
    }
    largeOutputs.async {
      // A failure shows again, and is told, when the batch waits for the same file.
      try? FileIO.synchronize(output.descriptor, path: output.path)
      self.append(entry)
    }
  }

  /// Writes the files of jobs that end without their log at hand, on the caller's thread; nothing into the registry.
  ///
  /// `redaction`: what whoever ran them knew of secrets; where that is not known, what this process was given itself.
  func writeViews(of changes: [JobChange], redaction: Redaction? = nil) {
    let redaction = redaction ?? Redaction.ofThisProcess()
    for start in stride(from: 0, to: changes.count, by: JobFinisher.longestBatch) {
      let some = changes[start..<min(start + JobFinisher.longestBatch, changes.count)]
      _ = writeFiles(some.map { FinishedJob(change: $0, output: nil, redaction: redaction) })
    }
  }

  private func writeFiles(_ jobs: [FinishedJob]) -> [Result<Void, SystemCallError>] {
    let number = queue.withLock { queue in
      queue.batches += 1
      return queue.batches
    }
    let prefix = "\(TemporaryFile.prefix)\(mark)-\(number)-"
    return ResultFiles(folder: folder, folderDescriptor: folderDescriptor, prefix: prefix, crew: crew).write(jobs)
  }

  /// Returns when all jobs that were taken in are with the writer.
  func drain() { pending.wait() }

  private func append(_ entry: Entry) {
    let mustStart = queue.withLock { queue in
      queue.entries.append(entry)
      defer { queue.isDraining = true }
      return !queue.isDraining
    }
    if mustStart { thread.async { self.work() } }
  }

  private func work() {
    while true {
      let batch = queue.withLock { queue in
        let batch = Array(queue.entries.prefix(JobFinisher.longestBatch))
        queue.entries.removeFirst(batch.count)
        if batch.isEmpty { queue.isDraining = false }
        return batch
      }
      if batch.isEmpty { return }
      for (entry, result) in zip(batch, writeFiles(batch.map(\.job))) {
        switch result {
        case .success: writer.submit(WriteRequest(changes: [entry.job.change], completion: entry.completion))
        case .failure(let error): entry.completion(.failure(RegistryError(error)))
        }
        pending.leave()
      }
    }
  }
}

/// Files on their way to a final name. What a dead process left of them is removed by `prune`.
enum TemporaryFile {
  /// No job's file begins with it: an id begins with a letter or a digit.
  static let prefix = ".tmp-"
}
