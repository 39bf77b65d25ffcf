using System.Security.Cryptography;
using DigitalTwin.Clinical.Disclosure;
using DigitalTwin.HospitalNode.Data;
using DigitalTwin.HospitalNode.Membership;
using DigitalTwin.Ledger.Commitments;
using DigitalTwin.Ledger.Encoding;
using DigitalTwin.Ledger.Records;
using DigitalTwin.Ledger.Storage;

namespace DigitalTwin.HospitalNode.Consent;

/// <summary>
/// Where a hospital's staff writes down policies, consents and withdrawals; what the ledger may know goes to the
/// outbox.
/// </summary>
/// <remarks>
/// The own book is written before the draft: a row is out of use from then on, whatever becomes of the draft. Every
/// command may be given again. One command at a time; the running node only reads.
/// </remarks>
public sealed class ConsentDesk : IDisposable
{
    /// <summary>Largest text of a policy in bytes: more than any consent form.</summary>
    public const int MostTextBytes = 1 << 20;

    private readonly MemberFolder _folder;
    private readonly TimeProvider _time;
    private readonly FileStream _lock;

    private ConsentDesk(MemberFolder folder, TimeProvider time, FileStream writerLock)
    {
        _folder = folder;
        _time = time;
        _lock = writerLock;
    }

    /// <summary>Opens the desk of an enrolled node.</summary>
    /// <exception cref="NodeException">The node is not enrolled, or another command is at work.</exception>
    public static ConsentDesk Open(MemberFolder folder, TimeProvider time)
    {
        folder.Load();
        DurableFile.CreateFolder(folder.Consent);
        try
        {
            string path = Path.Combine(folder.Consent, "lock");
            return new ConsentDesk(
                folder, time, new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException busy)
        {
            throw new NodeException($"Another consent command is at work in {folder.Consent}; try again.", busy);
        }
    }

    /// <summary>Names a text and a legal basis under which patients consent.</summary>
    /// <returns>The policy.</returns>
    /// <exception cref="NodeException">
    /// The name stands for another text or an erased policy already, or the text is none.
    /// </exception>
    public ConsentPolicy Declare(string policy, byte[] text, string basis)
    {
        if (text.Length is 0 or > MostTextBytes)
        {
            throw new NodeException($"A policy's text has 1 to {MostTextBytes} bytes, not {text.Length}.");
        }

        ConsentBook book = ConsentBook.Load(_folder);
        ConsentPolicy declared = new(policy, Convert.ToHexStringLower(SHA256.HashData(text)), basis);
        if (book.Find(policy) is { } known)
        {
            // A crash may have kept the draft from being written, so the same text is announced again.
            declared = known with { Erased = false } == declared
                ? Known(book, policy)
                : throw new NodeException($"Policy {policy} has another text or basis; choose another name.");
        }

        if (!File.Exists(ConsentBook.SaltOf(_folder, policy)))
        {
            if (book.Batches.Any(batch => batch.Policy == policy))
            {
                // A new salt would cut the batch off from its withdrawals without anybody having asked for it.
                throw LostSalt(policy);
            }

            SaveSalt(ConsentBook.SaltOf(_folder, policy));
        }

        if (book.Find(policy) is null)
        {
            (book with { Policies = [.. book.Policies, declared] }).Save(_folder);
        }

        BlobFolder.PutBeside(Path.Combine(_folder.Ledger, "blobs"), text);
        Leave(RecordCatalogue.ConsentPolicy, new()
        {
            ["basis"] = basis,
            ["policy"] = policy,
            ["text"] = declared.Text,
        });
        return declared;
    }

    /// <summary>
    /// Commits to the patients of the data: they consented under the policy, but for those who withdrew. From its
    /// record on the batch is in force, and rows that are not in it are not trained on.
    /// </summary>
    /// <exception cref="NodeException">There is no such policy, its salt is gone, or nobody is left.</exception>
    public ConsentBatch Batch(string policy, LoadedData data)
    {
        ConsentBook book = ConsentBook.Load(_folder);
        ConsentPolicy known = Known(book, policy);
        IReadOnlySet<string> withdrawn = book.WithdrawnAt(DateTimeOffset.MaxValue);
        string[] rows = [.. data.All.RowIds.Where(row => !withdrawn.Contains(row))];
        if (rows.Length == 0)
        {
            throw new NodeException("Every patient of this data has withdrawn; there is nobody to commit to.");
        }

        using RowSalt salt = LoadSalt(policy);
        byte[] text = Convert.FromHexString(known.Text);
        RowLeaf[] leaves = [.. rows.Select(row => salt.Leaf(row, "consent", text))];
        ConsentBatch batch = new(policy, new RowTree(leaves).Root.ToString(), Buckets.Rows(rows.Length));
        ConsentBook.SaveTokens(_folder, batch.Root, leaves.Select(leaf => leaf.Token));
        (book with { Batches = [.. book.Batches, batch] }).Save(_folder);
        Leave(RecordCatalogue.ConsentBatch, new()
        {
            ["countBucket"] = batch.CountBucket,
            ["policy"] = policy,
            ["root"] = batch.Root,
        });
        return batch;
    }

    /// <summary>Takes a patient's row out of use, from now on.</summary>
    /// <exception cref="NodeException">
    /// There is no such policy, its salt is gone, or no such patient consented under it.
    /// </exception>
    public WithdrawnConsent Withdraw(string policy, string row)
    {
        ConsentBook book = ConsentBook.Load(_folder);
        Known(book, policy);
        using RowSalt salt = LoadSalt(policy);
        WithdrawnConsent withdrawal = book.Withdrawals.FirstOrDefault(one => one.Policy == policy && one.Row == row)
            ?? new WithdrawnConsent(policy, row, Now());
        RowToken token = TokenOf(salt, row);
        if (!book.Withdrawals.Contains(withdrawal))
        {
            bool consented = book.Batches.Any(batch => batch.Policy == policy
                && ConsentBook.LoadTokens(_folder, batch.Root)?.Contains(token) == true);
            if (!consented)
            {
                throw new NodeException($"No batch of policy {policy} holds a row called {row}; check the identifier.");
            }

            (book with { Withdrawals = [.. book.Withdrawals, withdrawal] }).Save(_folder);
        }

        Leave(RecordCatalogue.ConsentWithdrawn, new()
        {
            ["effectiveFrom"] = PredicateReader.Format(withdrawal.EffectiveFrom),
            ["policy"] = policy,
            ["token"] = token.Hex,
        });
        return withdrawal;
    }

    /// <summary>
    /// Deletes the salt of a policy for good: the ledger stays as it is and verifies, and nobody can say any more which
    /// token was whose. No row is trained on under the policy from then on.
    /// </summary>
    /// <exception cref="NodeException">There is no such policy.</exception>
    public ConsentPolicy Erase(string policy)
    {
        ConsentBook book = ConsentBook.Load(_folder);
        ConsentPolicy known = book.Find(policy) ?? throw Unknown(policy);
        ConsentPolicy erased = known with { Erased = true };
        (book with { Policies = [.. book.Policies.Select(one => one.Id == policy ? erased : one)] }).Save(_folder);
        RowSalt.Erase(ConsentBook.SaltOf(_folder, policy));
        return erased;
    }

    /// <inheritdoc/>
    public void Dispose() => _lock.Dispose();

    private static NodeException Unknown(string policy) =>
        new($"There is no consent policy {policy}; declare it with dtwin node consent policy.");

    private static RowToken TokenOf(RowSalt salt, string row)
    {
        try
        {
            return salt.Token(row);
        }
        catch (ArgumentException problem)
        {
            throw new NodeException("A row's identifier is one line of text.", problem);
        }
    }

    private static ConsentPolicy Known(ConsentBook book, string policy) => book.Find(policy) switch
    {
        null => throw Unknown(policy),
        { Erased: true } => throw new NodeException(
            $"The salt of policy {policy} was erased; choose another name."),
        { } known => known,
    };

    private static NodeException LostSalt(string policy) =>
        new($"The salt of policy {policy} is missing; restore it from a backup.");

    private static void SaveSalt(string path)
    {
        DurableFile.CreateFolder(Path.GetDirectoryName(path)!);
        using RowSalt salt = RowSalt.Generate();
        salt.Save(path);
    }

    // The ledger's times have milliseconds; a later one would take effect after its own record.
    private DateTimeOffset Now()
    {
        DateTimeOffset now = _time.GetUtcNow();
        return new DateTimeOffset(now.UtcTicks - (now.UtcTicks % TimeSpan.TicksPerMillisecond), TimeSpan.Zero);
    }

    private RowSalt LoadSalt(string policy)
    {
        string path = ConsentBook.SaltOf(_folder, policy);
        return File.Exists(path)
            ? RowSalt.Load(path)
            : throw LostSalt(policy);
    }

    private void Leave(string record, System.Text.Json.Nodes.JsonObject fields) =>
        new Outbox(_folder.Outbox).Put(record, fields, Role.Hospital, _time);
}
