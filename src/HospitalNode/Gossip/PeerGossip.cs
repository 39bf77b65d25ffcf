using System.Collections.Concurrent;
using DigitalTwin.HospitalNode.Connection;
using DigitalTwin.Ledger.Forks;
using DigitalTwin.Ledger.Keeping;
using DigitalTwin.Ledger.Members;
using DigitalTwin.Ledger.Notes;
using DigitalTwin.Ledger.Records;
using DigitalTwin.Ledger.Tiles;
using DigitalTwin.Ledger.Verification;

namespace DigitalTwin.HospitalNode.Gossip;

/// <summary>Asks other hospitals which heads they were shown and holds them against this node's own copy.</summary>
/// <remarks>
/// A coordinator that shows two hospitals different logs must keep them from comparing; this is the comparison. A head
/// over entries that are here is checked against them. A larger one must continue the head that this node cosigned
/// last, which the peer's tiles show; where they show another past, that is a portable fork proof. A peer can hide
/// what it saw, but cannot make an honest log look forked: every head needs the log's signature.
/// </remarks>
internal sealed partial class PeerGossip : IDisposable
{
    /// <summary>How often peers are asked; rounds take minutes.</summary>
    internal static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    /// <summary>How long a peer may be ahead with final records before this node says that its view is stale.</summary>
    internal static readonly TimeSpan StaleAfter = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(15);

    private readonly IReadOnlyList<Peer> _peers;
    private readonly LedgerReplica _replica;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly HttpClient _http;
    private readonly ConcurrentDictionary<(string Hospital, LogKind Log), long> _aheadSince = [];

    /// <summary>Compares with <paramref name="peers"/>.</summary>
    public PeerGossip(IReadOnlyList<Peer> peers, LedgerReplica replica, TimeProvider time, ILogger logger)
    {
        _peers = peers;
        _replica = replica;
        _time = time;
        _logger = logger;
        _http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { Timeout = RequestTimeout };
    }

    /// <summary>Compares until cancelled; returns at once where there are no peers.</summary>
    /// <exception cref="ForkException">The log is forked; the proof is kept.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (_peers.Count > 0)
        {
            await LookAsync(cancellationToken);
            await Task.Delay(Interval, _time, cancellationToken);
        }
    }

    /// <summary>Compares once with every peer.</summary>
    /// <exception cref="ForkException">The log is forked; the proof is kept.</exception>
    public Task LookAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(_peers.Select(peer => LookAsync(peer, cancellationToken)));

    public void Dispose() => _http.Dispose();

    private async Task LookAsync(Peer peer, CancellationToken cancellationToken)
    {
        foreach (LogKind log in Enum.GetValues<LogKind>())
        {
            try
            {
                await LookAsync(peer, log, cancellationToken);
            }
            catch (Exception trouble) when (trouble is HttpRequestException or IOException or TileException
                or NoteFormatException
                || (trouble is OperationCanceledException && !cancellationToken.IsCancellationRequested))
            {
                LogTrouble(peer.Hospital, LedgerVerifier.FolderNameOf(log), trouble.Message);
            }
        }
    }

    private async Task LookAsync(Peer peer, LogKind log, CancellationToken cancellationToken)
    {
        LogMirror mirror = _replica.MirrorOf(log);
        Uri prefix = new(peer.Address, LedgerVerifier.FolderNameOf(log) + "/");
        TileLog tiles = new(TileSources.Http(_http, prefix), mirror.Log);
        if (await tiles.CheckpointAsync(cancellationToken) is not { } note)
        {
            return;
        }

        Checkpoint head = Checkpoint.Parse(note.Text);
        if (!mirror.Compare(note) && mirror.Cosigned is { } own)
        {
            Checkpoint last = Checkpoint.Parse(own.Text);
            TilePrefix prefixTree = await tiles.PrefixAsync(last.Size, head, cancellationToken);
            if (prefixTree.Root != last.Root)
            {
                SignedNote theirs = note.Where(line => line.IsBy(mirror.Log));
                mirror.Freeze(ForkProof.Of(own, theirs, prefixTree.Root, prefixTree.Proof));
            }
        }

        Watch(peer, log, head.Size, IsFinal(note, log, head.Size), mirror);
    }

    private bool IsFinal(SignedNote note, LogKind log, long size)
    {
        IReadOnlyList<NoteVerifierKey> hospitals = _replica.Members.WitnessesFor(log, size);
        return note.VerifiedBy(hospitals).Count >= Quorum.Of(hospitals.Count);
    }

    private void Watch(Peer peer, LogKind log, long size, bool final, LogMirror mirror)
    {
        if (!final || size <= mirror.Entries.Size)
        {
            _aheadSince.TryRemove((peer.Hospital, log), out _);
            return;
        }

        TimeSpan ahead = _time.GetElapsedTime(_aheadSince.GetOrAdd((peer.Hospital, log), _time.GetTimestamp()));
        if (ahead >= StaleAfter)
        {
            LogStale(peer.Hospital, size, LedgerVerifier.FolderNameOf(log), mirror.Entries.Size, ahead.TotalMinutes);
        }
    }

    [LoggerMessage(20, LogLevel.Warning, "Heads of {Hospital} ({Log} log) could not be compared: {Trouble}")]
    private partial void LogTrouble(string hospital, string log, string trouble);

    [LoggerMessage(21, LogLevel.Warning,
        "{Hospital} holds {Theirs} final records of the {Log} log and this node {Ours}, for {Minutes:F0} minutes now: "
        + "this node's view is stale; ask the coordinator's operator and the other hospital")]
    private partial void LogStale(string hospital, long theirs, string log, long ours, double minutes);
}
