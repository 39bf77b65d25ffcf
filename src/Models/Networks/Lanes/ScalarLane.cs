using System.Runtime.CompilerServices;

namespace DigitalTwin.Models.Networks.Lanes;

/// <summary>One float: the path that defines what the others must give.</summary>
internal readonly struct ScalarLane(float value) : ILanes<ScalarLane>
{
    private readonly float _value = value;

    public static int Count => 1;

    public static ScalarLane operator +(ScalarLane a, ScalarLane b) => new(a._value + b._value);

    public static ScalarLane operator -(ScalarLane a, ScalarLane b) => new(a._value - b._value);

    public static ScalarLane operator *(ScalarLane a, ScalarLane b) => new(a._value * b._value);

    public static ScalarLane operator /(ScalarLane a, ScalarLane b) => new(a._value / b._value);

    public static ScalarLane operator -(ScalarLane a) => new(-a._value);

    public static ScalarLane operator >(ScalarLane a, ScalarLane b) => MaskOf(a._value > b._value);

    public static ScalarLane operator <(ScalarLane a, ScalarLane b) => MaskOf(a._value < b._value);

    public static ScalarLane Load(ref readonly float source, nint offset) =>
        new(Unsafe.Add(
            ref Unsafe.AsRef(in source), offset));

    public static ScalarLane Broadcast(float value) => new(value);

    public static ScalarLane Fma(ScalarLane a, ScalarLane b, ScalarLane c) =>
        new(MathF.FusedMultiplyAdd(a._value, b._value, c._value));

    public static ScalarLane SquareRoot(ScalarLane a) => new(MathF.Sqrt(a._value));

    public static ScalarLane Magnitude(ScalarLane a) => new(MathF.Abs(a._value));

    public static ScalarLane Select(ScalarLane mask, ScalarLane chosen, ScalarLane other) =>
        BitConverter.SingleToUInt32Bits(mask._value) != 0 ? chosen : other;

    public static ScalarLane ShiftBitsLeft(ScalarLane a, int bits) =>
        new(BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(a._value) << bits));

    public void Store(ref float target, nint offset) =>
        Unsafe.Add(ref target, offset) = _value;

    private static ScalarLane MaskOf(bool set) => new(BitConverter.UInt32BitsToSingle(set ? uint.MaxValue : 0));
}
