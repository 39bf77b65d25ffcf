using DigitalTwin.Federation.Rounds;

namespace DigitalTwin.Federation.Simulation;

/// <summary>Something that left a node.</summary>
/// <param name="Site">Who sent it.</param>
/// <param name="What">The record's name, <c>upload</c> or <c>fetch</c>.</param>
/// <param name="Bytes">The bytes as they left, before any fault.</param>
public sealed record Departure(string Site, string What, byte[] Bytes);

/// <summary>What goes wrong in a simulated consortium, and what is watched. By default nothing is.</summary>
public sealed record SimulatedFaults
{
    /// <summary>Whether a site has no connection as a study stands; asked before each of its steps.</summary>
    public Func<string, StudyState, bool> IsAway { get; init; } = (_, _) => false;

    /// <summary>
    /// The coordinator's next record in place of what its conductor proposes (null while that waits); how a test
    /// plays a hostile coordinator.
    /// </summary>
    public Func<StudyState, Draft?, Draft?> Conduct { get; init; } = (_, proposed) => proposed;

    /// <summary>The draft that a site hands in, in place of the one that its node made.</summary>
    public Func<string, Draft, Draft> Record { get; init; } = (_, draft) => draft;

    /// <summary>What arrives of a site's upload; null when the connection breaks.</summary>
    public Func<string, byte[], byte[]?> Upload { get; init; } = (_, artefact) => artefact;

    /// <summary>What a site gets when it fetches an artefact.</summary>
    public Func<string, byte[], byte[]> Fetch { get; init; } = (_, artefact) => artefact;

    /// <summary>Told everything that leaves a node.</summary>
    public Action<Departure> Departed { get; init; } = _ => { };
}
