using DigitalTwin.Cli.Auditing.Report;
using DigitalTwin.Cli.Studies;
using DigitalTwin.Ledger.Encoding;
using DigitalTwin.Ledger.Exports;
using DigitalTwin.Ledger.Exports.ModelSigning;
using DigitalTwin.Ledger.Records;
using DigitalTwin.Ledger.Storage;

namespace DigitalTwin.Cli.Auditing.Exports;

/// <summary>The released model of a study as a folder that anybody can use, signed for tools of other makers.</summary>
internal static class ModelFolder
{
    /// <summary>The bytes whose SHA-256 is the model digest of the ledger: they tie signature and records.</summary>
    public const string StateName = "model.state";

    public const string SignatureName = "model" + ModelSignature.FileEnding;

    public const string PublicKeyName = "signer.pem";

    /// <summary>Writes state, JSON and ONNX of the released model.</summary>
    /// <exception cref="CommandException">Nothing was released, or the copy lacks document or model.</exception>
    public static void Write(string folder, StudyStory study)
    {
        if (study.ReleasedModel is null)
        {
            throw new CommandException(ExitCodes.Usage, $"The study {study.Name} has no released model in force.");
        }

        if (study.Document is not { } document || study.Model is not { } model)
        {
            throw new CommandException(
                ExitCodes.NotVerified,
                $"The copy lacks the artefacts of the study {study.Name}: take one with its folder blobs.");
        }

        ModelFile.Save(folder, document, model);
        DurableFile.WriteAtomically(Path.Combine(folder, StateName), model.ToBytes());
    }

    /// <summary>Signs a model folder; the signature and the key it verifies under are put beside the model.</summary>
    /// <returns>Whose key of the ledger it is, in words.</returns>
    public static string Sign(string folder, string keyPath, IEnumerable<TrailRecord> members)
    {
        using RecordKey key = RecordKey.Load(keyPath);
        DurableFile.WriteAtomically(
            Path.Combine(folder, PublicKeyName),
            System.Text.Encoding.ASCII.GetBytes(ModelSignature.PemOf(key.PublicKey)));
        byte[] signature = ModelSignature.Sign(folder, [SignatureName, PublicKeyName], key);
        DurableFile.WriteAtomically(Path.Combine(folder, SignatureName), signature);
        return OwnerOf(key, members) is string owner
            ? $"signed by {owner}, whose identity key the ledger names"
            : $"signed by the key {key.KeyId}, which the ledger names as no member's";
    }

    private static string? OwnerOf(RecordKey key, IEnumerable<TrailRecord> members)
    {
        string hex = Convert.ToHexStringLower(key.PublicKey);
        TrailRecord? named = members.LastOrDefault(record =>
            record.Text("identityKey") == hex || record.Text("coordinator", "identityKey") == hex);
        return named is null ? null
            : named.Name == RecordCatalogue.KeyRotated ? named.Author
            : named.Text("member") ?? named.Author;
    }
}
