using System.Runtime.Intrinsics;

namespace DigitalTwin.Privacy.HomomorphicEncryption;

/// <summary>Arithmetic modulo one prime on eight values at a time, each in 64 bits of a vector.</summary>
internal interface IArithmetic512<TSelf>
    where TSelf : struct, IArithmetic512<TSelf>
{
    /// <summary>Whether values inside a transform are something else than words.</summary>
    public static abstract bool Converts { get; }

    /// <summary>The constants of one prime.</summary>
    public static abstract TSelf For(NttTables tables);

    /// <summary>Residues to the values of a transform.</summary>
    public Vector512<ulong> Enter(Vector512<ulong> residues);

    /// <summary>Values of a transform to residues below q.</summary>
    public Vector512<ulong> Leave(Vector512<ulong> values);

    /// <summary>(x, y) → (x + root·y, x − root·y).</summary>
    public void Forward(
        ref Vector512<ulong> x, ref Vector512<ulong> y, Vector512<ulong> root, Vector512<ulong> quotient);

    /// <summary>(x, y) → (x + y, root·(x − y)).</summary>
    public void Inverse(
        ref Vector512<ulong> x, ref Vector512<ulong> y, Vector512<ulong> root, Vector512<ulong> quotient);

    /// <summary>x + y, to be multiplied at once.</summary>
    public Vector512<ulong> Sum(Vector512<ulong> x, Vector512<ulong> y);

    /// <summary>x − y, to be multiplied at once.</summary>
    public Vector512<ulong> Difference(Vector512<ulong> x, Vector512<ulong> y);

    /// <summary>x·factor.</summary>
    public Vector512<ulong> Product(Vector512<ulong> x, Vector512<ulong> factor, Vector512<ulong> quotient);
}
