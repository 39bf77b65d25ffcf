using System.Numerics;

namespace DigitalTwin.Privacy.HomomorphicEncryption.Seal;

/// <summary>One link of SEAL's chain of moduli: the parameters with the first so many primes.</summary>
/// <param name="Id">What objects of this level call it.</param>
/// <param name="Primes">How many primes are left.</param>
/// <param name="Modulus">Their product.</param>
internal sealed record SealLevel(ParmsId Id, int Primes, BigInteger Modulus);
