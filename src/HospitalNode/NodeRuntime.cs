using System.Security.Cryptography.X509Certificates;
using DigitalTwin.Documents;
using DigitalTwin.Federation.Algorithms;
using DigitalTwin.Federation.Participation;
using DigitalTwin.Federation.Rounds;
using DigitalTwin.Federation.Studies;
using DigitalTwin.HospitalNode.Connection;
using DigitalTwin.HospitalNode.Data;
using DigitalTwin.HospitalNode.Membership;
using DigitalTwin.HospitalNode.Participation;
using DigitalTwin.Ledger.Encoding;
using DigitalTwin.Ledger.Notes;
using DigitalTwin.Ledger.Storage;
using Grpc.Core;

namespace DigitalTwin.HospitalNode;

/// <summary>
/// A running hospital node: follows the ledger, cosigns it, and takes part in studies under its policy.
/// </summary>
/// <remarks>
/// One logical thread does everything in turn; the feed only buffers. The node dials out and listens nowhere.
/// </remarks>
public sealed partial class NodeRuntime : IDisposable
{
    /// <summary>How often approvals on disk are looked at, and failed calls repeated, when no news comes.</summary>
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(1);

    /// <summary>How often the certificate's remaining life is looked at.</summary>
    private static readonly TimeSpan RenewalInterval = TimeSpan.FromDays(1);

    private readonly MemberFolder _folder;
    private readonly MemberIdentity _identity;
    private readonly LoadedData _data;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly LedgerReplica _replica;
    private readonly CoordinatorChannel _channel;
    private readonly CoordinatorClient _network;
    private readonly SpendingJournal _journal;
    private readonly ArtefactStore _artefacts;
    private readonly NodeOutbox _outbox;
    private readonly Participant _participant;
    private readonly HashSet<string> _reported = new(StringComparer.Ordinal);
    private readonly HashSet<string> _waiting = new(StringComparer.Ordinal);
    private Ed25519Key _witnessKey;
    private X509Certificate2 _certificate;
    private long? _lastRenewalLook;

    private NodeRuntime(MemberFolder folder, NodePolicy policy, LoadedData data, TimeProvider time, ILogger logger)
    {
        _folder = folder;
        _identity = folder.Load();
        KeyChange.Settle(folder, KeyChange.OnOwnCopy(folder, _identity.Member));
        _data = data;
        _time = time;
        _logger = logger;
        _witnessKey = Ed25519Key.Load(folder.WitnessKey);
        _replica = LedgerReplica.Open(folder, _identity, _witnessKey, time);
        _certificate = folder.LoadCertificate(time);
        _channel = new CoordinatorChannel(_identity.Coordinator, _identity.CoordinatorPin, _certificate);
        _network = new CoordinatorClient(folder, _identity, _channel, _replica, time);
        _journal = SpendingJournal.Open(folder.Journal);
        BlobFolder blobs = new(Path.Combine(folder.Ledger, "blobs"));
        _artefacts = new ArtefactStore(blobs.Get, bytes => blobs.Put(bytes)) { Has = blobs.Has };
        _outbox = new NodeOutbox(folder, _replica, _network, blobs);
        _participant = new Participant(
            _identity.Member,
            policy,
            data.Site,
            _journal,
            folder.LoadReplayKey(),
            _artefacts,
            RoundSecretFolder.Open(folder.RoundSecrets),
            _network);
    }

    /// <summary>Opens an enrolled node.</summary>
    /// <exception cref="NodeException">
    /// Something is missing: keys, certificate, or the policy, without which it takes part in nothing.
    /// </exception>
    public static NodeRuntime Open(MemberFolder folder, LoadedData data, TimeProvider time, ILogger logger) =>
        new(folder, LoadPolicy(folder), data, time, logger);

    /// <summary>The node's policy.</summary>
    /// <exception cref="NodeException">There is none, or it does not parse.</exception>
    public static NodePolicy LoadPolicy(MemberFolder folder)
    {
        if (!File.Exists(folder.Policy))
        {
            throw new NodeException(
                $"There is no policy at {folder.Policy}: without one the node takes part in nothing. "
                    + "Copy docs/examples/policy.yaml there and set your limits.");
        }

        try
        {
            return NodePolicy.Parse(folder.Policy, File.ReadAllText(folder.Policy));
        }
        catch (DocumentException problem)
        {
            throw new NodeException(problem.Message, problem);
        }
    }

    /// <summary>Runs until cancelled.</summary>
    /// <exception cref="LedgerDistrustException">The coordinator sent something that does not hold.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        LedgerFeedClient feed = new(_channel, _replica, _time);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task following = feed.RunAsync(stop.Token);
        try
        {
            while (!cancellationToken.IsCancellationRequested)
            {
                if (following.IsFaulted)
                {
                    await following;
                }

                TakeNews(feed);
                UseNewKeys();
                await RenewCertificateAsync(cancellationToken);
                if (!await ActAsync(cancellationToken))
                {
                    await WaitAsync(feed, cancellationToken);
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            LogStopping();
        }
        finally
        {
            await stop.CancelAsync();
            await following.ContinueWith(
                _ => { },
                CancellationToken.None,
                TaskContinuationOptions.None,
                TaskScheduler.Default);
        }
    }

    public void Dispose()
    {
        _participant.Dispose();
        _network.Dispose();
        _channel.Dispose();
        _replica.Dispose();
        _witnessKey.Dispose();
    }

    private void UseNewKeys()
    {
        if (KeyChange.Settle(_folder, _replica.Members.Find(_identity.Member)))
        {
            _witnessKey.Dispose();
            _witnessKey = Ed25519Key.Load(_folder.WitnessKey);
            _replica.CosignWith(_witnessKey);
            _network.SignWith(RecordKey.Load(_folder.RecordKey));
            LogKeysChanged();
        }
    }

    private async Task RenewCertificateAsync(CancellationToken cancellationToken)
    {
        if (_lastRenewalLook is { } last && _time.GetElapsedTime(last) < RenewalInterval)
        {
            return;
        }

        _lastRenewalLook = _time.GetTimestamp();
        X509Certificate2? renewed = await RenewalClient.RenewIfDueAsync(
            _folder, _channel, _certificate, _time, cancellationToken);
        if (renewed is not null)
        {
            _channel.Use(renewed);
            _certificate = renewed;
            LogRenewed(renewed.NotAfter.ToUniversalTime());
        }
    }

    private void TakeNews(LedgerFeedClient feed)
    {
        while (feed.News.TryRead(out LedgerNews? news))
        {
            if (news.Trouble is { } trouble)
            {
                LogTrouble(trouble);
                continue;
            }

            _outbox.Offer(news.Wanted);
            _replica.Take(news.Log, news.Entries, news.Checkpoint, news.FinalCheckpoint);
        }
    }

    private async Task<bool> ActAsync(CancellationToken cancellationToken)
    {
        try
        {
            foreach (DueCosignature due in _replica.Cosign())
            {
                await _network.CosignAsync(due, cancellationToken);
            }

            // A record that is not on this copy yet would be numbered twice.
            return _network.IsCaughtUp
                && (await _outbox.SendNextAsync(cancellationToken) || await AdvanceStudiesAsync(cancellationToken));
        }
        catch (RecordRefusedException refused)
        {
            LogRefused(refused.Message);
            return false;
        }
        catch (RpcException broken) when (!cancellationToken.IsCancellationRequested)
        {
            LogTrouble($"{broken.StatusCode}: {broken.Status.Detail}");
            return false;
        }
        catch (RpcException) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
    }

    private async Task<bool> AdvanceStudiesAsync(CancellationToken cancellationToken)
    {
        HashSet<string> enrolled = [.. _replica.Members.Hospitals().Select(hospital => hospital.Id)];
        Surroundings around = new(enrolled, _replica.FinalDataSize)
        {
            Left = _replica.Members.Members().Where(member => !member.IsActive).Select(member => member.Id).ToHashSet(),
        };
        foreach (StudyState study in _replica.Studies.Studies)
        {
            bool approved = File.Exists(Path.Combine(_folder.Approvals, study.Document));
            if (await _participant.AdvanceAsync(study, around, approved, cancellationToken))
            {
                return true;
            }

            if (IsWaitingForPerson(study, approved) && _waiting.Add(study.Document))
            {
                string page = Path.Combine(_folder.Ledger, "blobs", study.Document);
                LogWaiting(study.Name, page, _folder.Root, study.Document);
            }

            if (study.Closing is { } closing && _reported.Add(study.Name))
            {
                LogClosed(study.Name, closing.Verdict, closing.Reason);
                WriteReport(study);
            }
        }

        return false;
    }

    private bool IsWaitingForPerson(StudyState study, bool approved) =>
        !approved && study is { Approved: false, Closing: null }
        && !study.Accepted.ContainsKey(_identity.Member) && !study.Declined.ContainsKey(_identity.Member)
        && _participant.DocumentOf(study) is not null;

    private void WriteReport(StudyState study)
    {
        StudyProgram? program = null;
        ModelState? model = null;
        if (_artefacts.Get(study.Document) is { } document)
        {
            program = new StudyProgram(StudyDocument.Parse(document));
            string? latest = study.Rounds.LastOrDefault(round =>
                round is { Phase: RoundPhase.Final, Purpose: RoundPurpose.Train })?.Outcome?.Model;
            byte[]? bytes = latest is null ? null : _artefacts.Get(latest);
            model = bytes is null ? null : ModelState.Parse(bytes);
        }

        SiteReport.Of(study, _identity.Member, program, model, _data, _journal).Write(_folder);
    }

    private static async Task WaitAsync(LedgerFeedClient feed, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Heartbeat);
        try
        {
            await feed.News.WaitToReadAsync(limit.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The heartbeat: look again although there is no news.
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "The coordinator can't be reached, trying again: {Trouble}")]
    private partial void LogTrouble(string trouble);

    [LoggerMessage(2, LogLevel.Information, "The ledger did not take a record: {Reason}")]
    private partial void LogRefused(string reason);

    [LoggerMessage(3, LogLevel.Information, "Study {Study} ended {Verdict}: {Reason}")]
    private partial void LogClosed(string study, string verdict, string reason);

    [LoggerMessage(5, LogLevel.Information, "Renewed the certificate until {Expires:u}")]
    private partial void LogRenewed(DateTime expires);

    [LoggerMessage(7, LogLevel.Information, "The ledger names this node's new keys; it goes on under them")]
    private partial void LogKeysChanged();

    [LoggerMessage(4, LogLevel.Information, "Stopping")]
    private partial void LogStopping();

    [LoggerMessage(
        6,
        LogLevel.Information,
        "Study {Study} waits for a person: read {Page}, then: dtwin node approve --state {State} {Document}")]
    private partial void LogWaiting(string study, string page, string state, string document);
}
