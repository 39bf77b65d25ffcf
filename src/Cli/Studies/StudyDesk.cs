using DigitalTwin.Clinical.Contracts;
using DigitalTwin.Federation.Participation;
using DigitalTwin.Federation.Rounds;
using DigitalTwin.Federation.Studies;
using DigitalTwin.HospitalNode.Connection;
using DigitalTwin.HospitalNode.Data;
using DigitalTwin.HospitalNode.Membership;
using DigitalTwin.Ledger.Records;
using Grpc.Core;

namespace DigitalTwin.Cli.Studies;

/// <summary>A researcher at the consortium: proposes a study and follows it on an own copy of the ledger.</summary>
internal sealed class StudyDesk : IDisposable
{
    /// <summary>How long to wait for the coordinator before the first record arrives.</summary>
    private static readonly TimeSpan FirstContact = TimeSpan.FromSeconds(15);

    /// <summary>How long to wait for a coordinator that has just started to hear the hospitals.</summary>
    private static readonly TimeSpan OpeningPatience = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan OpeningPause = TimeSpan.FromMilliseconds(250);

    /// <summary>How long to wait for a quorum to cosign the end of a study.</summary>
    private static readonly TimeSpan FinalPatience = TimeSpan.FromSeconds(5);

    private readonly CoordinatorChannel _channel;
    private readonly CoordinatorClient _network;
    private readonly TimeProvider _time;

    public StudyDesk(MemberFolder folder, TimeProvider time)
    {
        _time = time;
        MemberIdentity identity = folder.Load();
        if (identity.Role != Role.Researcher)
        {
            throw new CommandException(
                ExitCodes.Usage, $"{folder.Root} belongs to a {identity.Role}; a study is launched by a researcher.");
        }

        Replica = LedgerReplica.Open(folder, identity, witnessKey: null, time);
        _channel = new CoordinatorChannel(identity.Coordinator, identity.CoordinatorPin, folder.LoadCertificate(time));
        _network = new CoordinatorClient(folder, identity, _channel, Replica, time);
    }

    public LedgerReplica Replica { get; }

    /// <summary>The study as hospitals will see it: with the digest and features of its data contract.</summary>
    public static StudyDocument Compile(string file, string yaml)
    {
        Study study = Study.Parse(file, yaml);
        DataContract contract = DataContract.Embedded(study.Contract);
        return StudyDocument.Create(
            file, yaml, contract.Sha256, SiteDataLoader.FeaturesOf(contract), contract.Steps);
    }

    /// <summary>
    /// Follows the ledger; <paramref name="onNews"/> is told after each batch and says whether to go on.
    /// </summary>
    public async Task FollowAsync(Func<Task<bool>> onNews, CancellationToken cancellationToken)
    {
        LedgerFeedClient feed = new(_channel, Replica, _time);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task following = feed.RunAsync(stop.Token);
        try
        {
            long start = _time.GetTimestamp();
            bool heard = false;
            bool goOn = await onNews();
            while (goOn && await feed.News.WaitToReadAsync(cancellationToken))
            {
                while (feed.News.TryRead(out LedgerNews? news))
                {
                    heard |= news.Trouble is null;
                    if (news.Trouble is { } trouble && !heard && _time.GetElapsedTime(start) > FirstContact)
                    {
                        throw new CommandException(
                            ExitCodes.Environment,
                            $"The coordinator does not answer: {trouble}");
                    }

                    Replica.Take(news.Log, news.Entries, news.Checkpoint, news.FinalCheckpoint);
                }

                goOn = await onNews();
            }
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

    /// <summary>Records the proposal, then hands in the document it names.</summary>
    /// <exception cref="RecordRefusedException">The ledger refuses, for instance because the name is taken.</exception>
    public async Task ProposeAsync(StudyDocument document, CancellationToken cancellationToken)
    {
        await AppendAsync(
            new Draft("study-proposed", new()
            {
                ["document"] = document.Sha256,
                ["study"] = document.Study.Name,
                ["title"] = document.Study.Title,
            }),
            cancellationToken);
        await _network.UploadAsync(document.Bytes, cancellationToken);
    }

    /// <summary>Replaces the document of a study that has not started; the hospitals answer anew.</summary>
    /// <exception cref="RecordRefusedException">
    /// The ledger refuses, for instance because the study has started.
    /// </exception>
    public async Task AmendAsync(
        StudyState study, StudyDocument document, string reason, CancellationToken cancellationToken)
    {
        await AppendAsync(
            new Draft("study-amended", new()
            {
                ["amended"] = document.Sha256,
                ["document"] = study.Document,
                ["reason"] = reason,
                ["study"] = study.Name,
            }),
            cancellationToken);
        await _network.UploadAsync(document.Bytes, cancellationToken);
    }

    /// <summary>Runs a study from its proposal, or its amendment, to its end.</summary>
    /// <param name="ready">Whether the consortium is as the caller wants it before the proposal.</param>
    /// <param name="onChange">Told of the study after every batch of news.</param>
    /// <param name="amendment">Why the study of this name is amended; null to propose a new one.</param>
    public async Task<StudyState> RunAsync(
        StudyDocument document,
        Func<LedgerReplica, bool> ready,
        Action<StudyState> onChange,
        CancellationToken cancellationToken,
        string? amendment = null)
    {
        bool proposed = false;
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);

        async Task<bool> OnNewsAsync()
        {
            StudyState? study = Replica.Studies.Find(document.Study.Name);
            if (!proposed && amendment is null && Replica.Members.Find("coordinator") is not null && ready(Replica))
            {
                proposed = true;
                await ProposeAsync(document, cancellationToken);
            }
            else if (!proposed && amendment is not null && study is not null)
            {
                proposed = true;
                await AmendAsync(study, document, amendment, cancellationToken);
            }

            if (study is null)
            {
                return true;
            }

            onChange(study);
            if (study.Closing is null)
            {
                return true;
            }

            // The end itself becomes final a moment later, when a quorum of hospitals has cosigned it.
            patience.CancelAfter(FinalPatience);
            return !Replica.IsFinal;
        }

        try
        {
            await FollowAsync(OnNewsAsync, patience.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Too few hospitals are left to cosign the end; an audit says so.
        }

        return Replica.Studies.Find(document.Study.Name)
            ?? throw new OperationCanceledException(cancellationToken);
    }

    // A coordinator that has just started takes records only after it has heard the hospitals.
    private async Task AppendAsync(Draft draft, CancellationToken cancellationToken)
    {
        long start = _time.GetTimestamp();
        while (true)
        {
            try
            {
                await _network.AppendAsync(draft, cancellationToken);
                return;
            }
            catch (RpcException closed) when (closed.StatusCode == StatusCode.Unavailable
                && _time.GetElapsedTime(start) < OpeningPatience)
            {
                await Task.Delay(OpeningPause, _time, cancellationToken);
            }
        }
    }

    /// <summary>Fetches an artefact of the study.</summary>
    public async Task<byte[]> FetchAsync(string sha256, CancellationToken cancellationToken)
    {
        try
        {
            return await _network.FetchAsync(sha256, cancellationToken);
        }
        catch (RpcException missing)
        {
            throw new CommandException(
                ExitCodes.Environment,
                $"Artefact {sha256} can't be fetched: {missing.Status.Detail}");
        }
    }

    public void Dispose()
    {
        _network.Dispose();
        _channel.Dispose();
        Replica.Dispose();
    }
}
