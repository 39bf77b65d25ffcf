using DigitalTwin.Ledger.Keeping;
using DigitalTwin.Ledger.Notes;
using DigitalTwin.Ledger.Tiles;
using DigitalTwin.Ledger.Witnessing;

namespace DigitalTwin.Coordinator.ReadSide;

/// <summary>Publishes the final heads of one log, and what witnesses outside the consortium say to them.</summary>
/// <remarks>
/// A witness's line never counts for the quorum of hospitals: only heads that are final without it are published. One
/// caller at a time.
/// </remarks>
internal sealed class ReadSideLog
{
    private readonly LogKeeper _keeper;
    private readonly TileFolder _tiles;
    private readonly IReadOnlyList<WitnessClient> _witnesses;
    private readonly List<NoteSignature> _lines = [];
    private SignedNote? _published;

    public ReadSideLog(LogKeeper keeper, string folder, IReadOnlyList<WitnessClient> witnesses)
    {
        _keeper = keeper;
        _tiles = new TileFolder(folder);
        _witnesses = witnesses;
        _published = _tiles.Published;
        if (_published is not null)
        {
            _lines.AddRange(_published.Signatures.Where(line => witnesses.Any(witness => line.IsBy(witness.Witness))));
        }
    }

    /// <summary>The witnesses that have not cosigned what is published.</summary>
    public IReadOnlyList<WitnessClient> Missing =>
        [.. _witnesses.Where(witness => _published is not null && !_lines.Any(line => line.IsBy(witness.Witness)))];

    /// <summary>Publishes the newest final head; true where there was something new.</summary>
    public bool Publish()
    {
        if (_keeper.FinalHead is not { } final)
        {
            return false;
        }

        if (final.Text != _published?.Text)
        {
            _lines.Clear();
        }

        SignedNote note = _lines.Aggregate(final, (signed, line) => signed.With(line));
        if (note.Format() == _published?.Format())
        {
            return false;
        }

        _tiles.Publish(_keeper.Entries, note);
        _published = note;
        return true;
    }

    /// <summary>Asks a witness for its line under the published head, and publishes it.</summary>
    /// <exception cref="WitnessRefusedException">It refuses.</exception>
    /// <exception cref="HttpRequestException">It does not answer.</exception>
    public async Task CosignAsync(WitnessClient witness, CancellationToken cancellationToken)
    {
        SignedNote head = _published!;
        SignedNote signed = head.Where(line => line.IsBy(_keeper.VerifierKey));
        _lines.Add(await witness.CosignAsync(signed, _keeper.Entries, cancellationToken));
        SignedNote note = head.With(_lines[^1]);
        _tiles.PublishCheckpoint(note);
        _published = note;
    }
}
