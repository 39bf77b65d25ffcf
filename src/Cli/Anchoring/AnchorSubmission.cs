using DigitalTwin.Ledger.Ethereum.Anchoring;
using DigitalTwin.Ledger.Ethereum.Nodes;

namespace DigitalTwin.Cli.Anchoring;

/// <summary>Anchors the final checkpoints of a ledger folder that another process writes.</summary>
/// <param name="ledger">The ledger folder.</param>
/// <param name="state">Queue and transactions.</param>
/// <param name="settings">Chain, contract and key.</param>
/// <param name="http">Sends; stays the caller's.</param>
/// <param name="time">Clock.</param>
internal sealed class AnchorSubmission(
    string ledger, AnchorFolder state, AnchorSettings settings, HttpClient http, TimeProvider time)
{
    private readonly LedgerAnchors _ledger = new(ledger);
    private HashSet<AnchorPurpose> _verified = [];

    /// <summary>Passes until nothing waits; with <paramref name="follow"/> until it is cancelled.</summary>
    /// <param name="follow">Go on with what becomes final later.</param>
    /// <param name="tell">Hears of every step that says something new.</param>
    /// <param name="cancellationToken">Ends it; what was begun goes on with the next run.</param>
    /// <returns>The exit code.</returns>
    public async Task<int> RunAsync(bool follow, Action<AnchorStep> tell, CancellationToken cancellationToken)
    {
        Enqueue();
        using AnchorClient client = await AnchorClient.OpenAsync(settings, state, http, time, cancellationToken);
        string told = "";
        bool alarmed = false;
        while (true)
        {
            AnchorStep? step = await TryAdvanceAsync(client, follow, cancellationToken);
            if (step is not null && step.Sentence != told)
            {
                tell(step);
                told = step.Sentence;
                alarmed |= step.Outcome == AnchorOutcome.Forked;
            }

            // A single run does not wait for members to change the contract's mind; what is sent, it follows.
            if (!follow && step is { Outcome: AnchorOutcome.Idle or AnchorOutcome.Blocked or AnchorOutcome.Stuck })
            {
                return alarmed ? ExitCodes.NotVerified
                    : step.Outcome == AnchorOutcome.Idle ? ExitCodes.Complete
                    : ExitCodes.Refused;
            }

            if (step is not { MayGoOn: true })
            {
                await Task.Delay(settings.BlockPeriod, time, cancellationToken);
                if (follow)
                {
                    Enqueue();
                }
            }
        }
    }

    // A node that is away for a while ends a single run, and is waited for by one that follows.
    private static async Task<AnchorStep?> TryAdvanceAsync(
        AnchorClient client, bool follow, CancellationToken cancellationToken)
    {
        try
        {
            return await client.AdvanceAsync(cancellationToken);
        }
        catch (RpcUnavailableException) when (follow)
        {
            return null;
        }
    }

    private void Enqueue()
    {
        if (_verified.SetEquals(_ledger.Claimed()))
        {
            return;
        }

        _verified = [.. _ledger.Verified()];
        foreach (AnchorPurpose purpose in _verified)
        {
            state.Enqueue(purpose);
        }
    }
}
