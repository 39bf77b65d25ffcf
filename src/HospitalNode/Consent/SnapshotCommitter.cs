using System.Text.Json.Nodes;
using DigitalTwin.Clinical.Disclosure;
using DigitalTwin.Federation.Participation;
using DigitalTwin.Federation.Rounds;
using DigitalTwin.Federation.Studies;
using DigitalTwin.HospitalNode.Data;
using DigitalTwin.HospitalNode.Membership;
using DigitalTwin.Ledger.Commitments;
using DigitalTwin.Ledger.Encoding;
using DigitalTwin.Ledger.Records;
using DigitalTwin.Ledger.Storage;
using DigitalTwin.Models;

namespace DigitalTwin.HospitalNode.Consent;

/// <summary>Says which rows a hospital offers now, and commits to them and to who is not among them.</summary>
/// <remarks>
/// The newest batch of consents whose record is on this node's own copy of the ledger is in force: a row is offered if
/// it is in that batch and its patient has not withdrawn. Before the first, every row is that is not withdrawn.
/// </remarks>
public sealed class SnapshotCommitter(
    MemberFolder folder,
    LoadedData data,
    string member,
    EntryLog authorization,
    ArtefactStore artefacts,
    TimeProvider time)
{
    private const string Rule = "consent";
    private const string NobodyLeft = "No row to train on has a consent that holds.";

    private readonly HashSet<string> _recorded = new(StringComparer.Ordinal);
    private long _read;
    private (string Key, Offer Offer)? _last;

    /// <summary>What is offered, and the commitments to it; data is null where there is a refusal.</summary>
    private sealed record Offer(
        LoadedData? Data,
        string Rows = "",
        string? Consent = null,
        int Withdrawn = 0,
        string? Exclusions = null,
        Refusal? Refusal = null);

    /// <summary>The rows that may be used now; null where none may.</summary>
    public LoadedData? Data => Current().Data;

    /// <summary>The offer to one study, with the record that is due before its next round is joined.</summary>
    public Snapshot Of(StudyState study)
    {
        Offer offer = Current();
        if (offer.Data is null)
        {
            Table none = new(data.All.Columns, [], []);
            return new Snapshot(data.Site with { Train = none, Test = none }, Refusal: offer.Refusal);
        }

        CommittedSnapshot? last = study.Snapshots.GetValueOrDefault(member);
        bool known = last is not null && last.Rows == offer.Rows && last.Consent == offer.Consent
            && last.Exclusions == offer.Exclusions;
        return new Snapshot(
            offer.Data.Site, known ? null : Record(study, (last?.Number ?? 0) + 1, offer), offer.Exclusions);
    }

    private static Draft Record(StudyState study, long number, Offer offer)
    {
        JsonObject fields = new()
        {
            ["contract"] = offer.Data!.Contract.Id,
            ["rows"] = offer.Rows,
            ["rowsBucket"] = offer.Data.Site.RowsBucket,
            ["schema"] = offer.Data.Contract.Sha256,
            ["snapshot"] = number,
            ["study"] = study.Name,
            ["withdrawn"] = offer.Withdrawn,
        };
        if (offer.Consent is not null)
        {
            fields["consent"] = offer.Consent;
        }

        if (offer.Exclusions is not null)
        {
            fields["exclusions"] = offer.Exclusions;
        }

        return new Draft("snapshot-committed", fields);
    }

    private Offer Current()
    {
        ReadBatches();
        ConsentBook book = ConsentBook.Load(folder);
        ConsentBatch? batch = book.Batches.LastOrDefault(one => _recorded.Contains(one.Root));
        DateTimeOffset now = time.GetUtcNow();
        IReadOnlySet<string> withdrawn = book.WithdrawnAt(now);
        bool erased = batch is not null && book.Find(batch.Policy) is not { Erased: false };
        string key = string.Join('\n', [$"{batch} {erased}", .. withdrawn.Order(StringComparer.Ordinal)]);
        if (_last is not { } last || last.Key != key)
        {
            last = (key, batch is null ? Unasked(withdrawn)
                : erased ? Refused($"The salt of policy {batch.Policy} is erased; "
                    + "a batch under another policy must come into force first.")
                : Under(batch, book, withdrawn, now));
            _last = last;
        }

        return last.Offer;
    }

    private Offer Unasked(IReadOnlySet<string> withdrawn)
    {
        string path = Path.Combine(folder.Consent, "rows.salt");
        if (!File.Exists(path))
        {
            DurableFile.CreateFolder(folder.Consent);
            using RowSalt fresh = RowSalt.Generate();
            fresh.Save(path);
        }

        using RowSalt salt = RowSalt.Load(path);
        return SiteDataLoader.Keep(data, row => !withdrawn.Contains(data.All.RowIds[row])) is { } kept
            ? new Offer(kept, TreeOf(kept, salt).Root.ToString())
            : Refused(NobodyLeft);
    }

    private Offer Under(ConsentBatch batch, ConsentBook book, IReadOnlySet<string> withdrawn, DateTimeOffset now)
    {
        string path = ConsentBook.SaltOf(folder, batch.Policy);
        if (ConsentBook.LoadTokens(folder, batch.Root) is not { } consented || !File.Exists(path))
        {
            return Refused($"The salt of policy {batch.Policy} or its newest batch is missing.");
        }

        using RowSalt salt = RowSalt.Load(path);
        if (SiteDataLoader.Keep(data, Consents) is not { } kept)
        {
            return Refused(NobodyLeft);
        }

        RowTree tree = TreeOf(kept, salt);
        RowToken[] excluded =
        [
            .. book.Withdrawals
                .Where(one => one.Policy == batch.Policy && one.EffectiveFrom <= now)
                .Select(one => salt.Token(one.Row)),
        ];
        byte[] proofs = ExclusionProofs.Of(batch.Policy, tree, excluded).Serialize();
        return proofs.Length > ExclusionProofs.MostBytes
            ? Refused($"More patients withdrew from {batch.Policy} than one file of proofs holds; "
                + "draw a batch under another policy.")
            : new Offer(
                kept,
                tree.Root.ToString(),
                batch.Root,
                excluded.Length,
                excluded.Length == 0 ? null : artefacts.Put(proofs));

        bool Consents(int row) =>
            !withdrawn.Contains(data.All.RowIds[row]) && consented.Contains(salt.Token(data.All.RowIds[row]));
    }

    private static Offer Refused(string reason) => new(null, Refusal: new Refusal(Rule, reason));

    private static RowTree TreeOf(LoadedData kept, RowSalt salt)
    {
        string[] names = [.. kept.All.FeatureNames, "label"];
        HashSet<int> training = [.. kept.TrainRows];
        double[] values = new double[kept.All.Columns + 1];
        List<RowLeaf> leaves = [];
        for (int row = 0; row < kept.All.Rows; row++)
        {
            kept.All.Features.AsSpan(row * kept.All.Columns, kept.All.Columns).CopyTo(values);
            values[^1] = kept.All.Labels[row];
            leaves.Add(salt.Leaf(
                kept.All.RowIds[row],
                training.Contains(row) ? "training-row" : "held-out-row",
                TensorDigest.OfFloat64(names, [values.Length], values)));
        }

        int padding = PaddedSize(kept.Site.RowsBucket, leaves.Count) - leaves.Count;
        return new RowTree([.. leaves, .. Enumerable.Range(0, padding).Select(salt.Padding)]);
    }

    // Paths show how large a tree is. Its size says no more than the bucket of training rows that is told anyway: twice
    // the bucket's width holds the held-out rows too, and doubles where it does not.
    private static int PaddedSize(string rowsBucket, int rows)
    {
        (int low, int high) = Buckets.Bounds(rowsBucket);
        int size = 2 * (high == int.MaxValue ? low : high + 1);
        while (size < rows)
        {
            size *= 2;
        }

        return size;
    }

    private void ReadBatches()
    {
        for (; _read < authorization.Size; _read++)
        {
            Statement record = Envelope.Parse(authorization.Read(_read)).Statement;
            if (record.Name == RecordCatalogue.ConsentBatch && RecordHeader.Of(record).Actor.Id == member)
            {
                _recorded.Add(new PredicateReader(record.Predicate).Text("root"));
            }
        }
    }
}
