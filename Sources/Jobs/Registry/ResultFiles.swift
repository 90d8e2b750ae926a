import CStorage
import Synchronization

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A job that has ended, and is to be written down.
public struct FinishedJob: Sendable {
  /// The change that `JobState.apply(.ended(…))` returned.
  public let change: JobChange
  /// The job's output file, still without its last markers; nil if the job never had one.
  public let output: OutputFile?
  /// What may not stand in files of ours. The log, which is the job's own, is left as it is.
  public let redaction: Redaction

  /// A job by its last change and its file.
  public init(change: JobChange, output: OutputFile?, redaction: Redaction = .none) {
    precondition(change.record.status.isTerminal, "job \(change.record.id) has not ended")
    self.change = change
    self.output = output
    self.redaction = redaction
  }
}

/// Puts what ended jobs came to on the disk: the log's last markers, the record (`.json`) and the result (`.md`).
///
/// The order makes a file whole or absent, whatever stops the machine: everything is written under a temporary name and
/// made durable, then renamed, then the folder is made durable. All files of a batch start their way to the disk before
/// the first is waited for.
struct ResultFiles {
  private struct Piece {
    let descriptor: Int32
    /// Nil for the log, which has its name already.
    let rename: (from: String, to: String)?
    let path: String
  }

  private let folder: String
  private let folderDescriptor: Int32
  /// Names temporary files apart from those of other processes and other batches.
  private let prefix: String
  private let crew: SyncCrew

  init(folder: String, folderDescriptor: Int32, prefix: String, crew: SyncCrew) {
    self.crew = crew
    self.folder = folder
    self.folderDescriptor = folderDescriptor
    self.prefix = prefix
  }

  /// Writes the files of all jobs, and says for each job how that went. The jobs are independent of each other.
  func write(_ jobs: [FinishedJob]) -> [Result<Void, SystemCallError>] {
    var results: [Result<[Piece], SystemCallError>] = jobs.enumerated().map { index, job in
      Result { () throws(SystemCallError) in try pieces(of: job, number: index) }
    }
    synchronize(&results)
    for index in results.indices { results[index] = settle(results[index], rename) }
    let folderResult = Result { () throws(SystemCallError) in
      guard fsync(folderDescriptor) == 0 else { throw .last("fsync", folder) }
    }
    return results.map { result in
      if case .success(let pieces) = result {
        for piece in pieces where piece.rename != nil { close(piece.descriptor) }
      }
      return result.flatMap { _ in folderResult }
    }
  }

  private func pieces(of job: FinishedJob, number: Int) throws(SystemCallError) -> [Piece] {
    let record = job.change.record
    var pieces: [Piece] = []
    do throws(SystemCallError) {
      if let output = job.output {
        try output.complete(resultJSON: record.resultJSON(), at: record.completedAt ?? job.change.at)
        pieces.append(Piece(descriptor: output.descriptor, rename: nil, path: output.path))
      }
      let id = record.id.rawValue
      pieces.append(try temporary(Array((record.json() + "\n").utf8), for: "\(id).json", number: number * 2))
      let text = ResultText(record: record, excerpt: try excerpt(of: job)).bytes
      pieces.append(try temporary(text, for: "\(id).md", number: number * 2 + 1))
    } catch {
      discard(pieces)
      throw error
    }
    return pieces
  }

  private func excerpt(of job: FinishedJob) throws(SystemCallError) -> [UInt8] {
    guard let start = job.change.record.outputStart, let end = job.change.record.outputEnd else { return [] }
    guard let output = job.output else {
      return (try? OutputReader.excerpt(of: job.change.record, redaction: job.redaction)) ?? []
    }
    let extent = OutputExtent(start: start, end: end)
    return try OutputExcerpt.make(
      extent: extent, path: output.path, redaction: job.redaction
    ) { (offset, count) throws(SystemCallError) in
      try output.read(from: offset, count: count)
    }
  }

  private func temporary(_ bytes: [UInt8], for name: String, number: Int) throws(SystemCallError) -> Piece {
    let temporaryName = "\(prefix)\(number)"
    let path = "\(folder)/\(name)"
    let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
    let descriptor = openat(folderDescriptor, temporaryName, flags, 0o600)
    guard descriptor >= 0 else { throw .last("open", "\(folder)/\(temporaryName)") }
    let piece = Piece(descriptor: descriptor, rename: (temporaryName, name), path: path)
    do throws(SystemCallError) {
      guard fchmod(descriptor, 0o600) == 0 else { throw .last("fchmod", path) }
      try FileIO.writeAll(bytes, to: descriptor, path: path)
    } catch {
      discard([piece])
      throw error
    }
    return piece
  }

  /// Waits until all pieces are on the disk; a job with one that is not has failed.
  private func synchronize(_ results: inout [Result<[Piece], SystemCallError>]) {
    let all = results.enumerated().flatMap { job, result in
      ((try? result.get()) ?? []).map { (job: job, descriptor: $0.descriptor, path: $0.path) }
    }
    for piece in all { cstorage_start_writing(piece.descriptor) }
    let failures = Mutex<[Int: SystemCallError]>([:])
    crew.perform(all.count) { number in
      let piece = all[number]
      do throws(SystemCallError) {
        try FileIO.synchronize(piece.descriptor, path: piece.path)
      } catch {
        failures.withLock { $0[piece.job] = error }
      }
    }
    for (job, error) in failures.withLock({ $0 }) {
      if case .success(let pieces) = results[job] { discard(pieces) }
      results[job] = .failure(error)
    }
  }

  private func rename(_ piece: Piece) throws(SystemCallError) {
    guard let (from, to) = piece.rename else { return }
    guard renameat(folderDescriptor, from, folderDescriptor, to) == 0 else { throw .last("rename", piece.path) }
  }

  private func settle(
    _ result: Result<[Piece], SystemCallError>, _ step: (Piece) throws(SystemCallError) -> Void
  ) -> Result<[Piece], SystemCallError> {
    guard case .success(let pieces) = result else { return result }
    do throws(SystemCallError) {
      for piece in pieces { try step(piece) }
      return result
    } catch {
      discard(pieces)
      return .failure(error)
    }
  }

  /// Gives up: closes what is ours, and removes the temporary files.
  private func discard(_ pieces: [Piece]) {
    for piece in pieces {
      guard let (from, _) = piece.rename else { continue }
      close(piece.descriptor)
      unlinkat(folderDescriptor, from, 0)
    }
  }
}
