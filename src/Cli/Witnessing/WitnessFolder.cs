using DigitalTwin.Ledger.Notes;
using DigitalTwin.Ledger.Storage;

namespace DigitalTwin.Cli.Witnessing;

/// <summary>Where a witness keeps its key, its name and its memory.</summary>
/// <remarks>
/// A copy of the memory is worthless as a backup: restored, it would make the witness forget what it vouched for.
/// </remarks>
internal sealed record WitnessFolder(string Root)
{
    /// <summary>Checkpoints that were cosigned last.</summary>
    public string Memory => Path.Combine(Root, "memory");

    private string Key => Path.Combine(Root, "witness.key");

    private string PublicKey => Path.Combine(Root, "witness.vkey");

    /// <summary>Makes a key under a name and returns its public form.</summary>
    /// <exception cref="CommandException">There is a witness already, or the name is none.</exception>
    public NoteVerifierKey Create(string name)
    {
        if (!NoteVerifierKey.IsName(name))
        {
            throw new CommandException(
                ExitCodes.Usage, $"--name {name}: no white space and no plus sign, for example ethics.example.org/w1.");
        }

        if (File.Exists(Key) || File.Exists(PublicKey))
        {
            throw new CommandException(ExitCodes.Usage, $"{Root} holds a witness already.");
        }

        DurableFile.CreateFolder(Root);
        using Ed25519Key key = Ed25519Key.Generate();
        NoteVerifierKey witness = NoteVerifierKey.Witness(name, key.PublicKey);
        key.Save(Key);
        DurableFile.WriteAtomically(PublicKey, System.Text.Encoding.UTF8.GetBytes(witness + "\n"));
        return witness;
    }

    /// <summary>The name and the key; the caller disposes it.</summary>
    /// <exception cref="CommandException">There is no witness.</exception>
    public (string Name, Ed25519Key Key) Load()
    {
        if (!File.Exists(PublicKey))
        {
            throw new CommandException(
                ExitCodes.Environment, $"{Root} holds no witness; make one with dtwin witness init.");
        }

        Ed25519Key key = Ed25519Key.Load(Key);
        string name;
        try
        {
            name = NoteVerifierKey.Parse(File.ReadAllText(PublicKey).TrimEnd('\n')).Name;
        }
        catch (NoteFormatException error)
        {
            key.Dispose();
            throw new CommandException(ExitCodes.Environment, $"{PublicKey}: {error.Message}");
        }

        return (name, key);
    }
}
