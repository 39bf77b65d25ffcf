using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Models.Tests.Numerics;

// Goal: products, transposes and packed triangles keep rows and columns apart. Method: matrices worked by hand.
public sealed class SmallMatrixTests
{
    private static readonly double[] TwoByThree = [1, 2, 3, 4, 5, 6];

    [Fact]
    public void Products_and_transposes_are_those_worked_by_hand()
    {
        Assert.Equal([1, 4, 2, 5, 3, 6], SmallMatrix.Transpose(TwoByThree, 3));
        Assert.Equal([14, 32, 32, 77], SmallMatrix.Product(TwoByThree, SmallMatrix.Transpose(TwoByThree, 3), 3));
        Assert.Equal(TwoByThree, SmallMatrix.Product(SmallMatrix.Identity(2), TwoByThree, 2));
        Assert.Equal([-1, -2, -3, -4, -5, -6], SmallMatrix.Sum(TwoByThree, TwoByThree, -2));
        Assert.Equal(1 + 6 + 6 + 16, SmallMatrix.TraceOfProduct([1, 2, 3, 4], [1, 2, 3, 4], 2));
    }

    [Fact]
    public void A_packed_triangle_unpacks_to_the_sum_of_outer_products()
    {
        double[] packed = new double[PackedSymmetric.Length(2)];
        double[] full = new double[4];

        PackedSymmetric.AddOuterProduct(packed, 2, [1, 3]);
        SmallMatrix.AddOuterProduct(full, [2, 6], [1, 3]);

        Assert.Equal([2, 6, 18], packed);
        Assert.Equal(full, PackedSymmetric.Unpack(packed, 2));
    }
}
